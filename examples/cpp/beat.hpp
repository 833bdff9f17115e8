// SPDX-License-Identifier: Apache-2.0
// The C contract as C++ objects: what is opened is closed, what fails throws, and a batch that is
// not acknowledged goes back to the plugin. C++17, header only.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "beat_plugin.h"

namespace beat {

inline std::string_view view(beat_span span) {
  return span.len == 0 ? std::string_view() : std::string_view(span.ptr, span.len);
}

/// What the plugin answered, with the sentence that it has for it.
class Failure : public std::runtime_error {
 public:
  Failure(beat_status status, const std::string& text) : runtime_error(text), status_(status) {}
  beat_status status() const noexcept { return status_; }

  /// The instance stays usable, and the call may be repeated. An error that this header does not
  /// know means BEAT_E_GENERIC, which passes.
  bool passes() const noexcept {
    switch (status_) {
      case BEAT_E_ARG:
      case BEAT_E_VERSION:
      case BEAT_E_CONFIG:
      case BEAT_E_HANDLE:
      case BEAT_E_FORKED:
      case BEAT_E_UNSUPPORTED:
        return false;
      default:
        return true;
    }
  }

 private:
  beat_status status_;
};

/// A loaded plugin. It is never unloaded: the library forbids it, since a name lookup may still
/// run.
class Library {
 public:
  explicit Library(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw Failure(BEAT_E_GENERIC, "cannot load " + path + ": " + dlerror());
    const beat_plugin_api*(BEAT_CALL * get_api)(std::uint32_t) = nullptr;
    void* symbol = dlsym(library, "beat_plugin_get_api");
    std::memcpy(&get_api, &symbol, sizeof get_api);
    api_ = symbol == nullptr ? nullptr : get_api(BEAT_ABI_VERSION);
    if (api_ == nullptr)
      throw Failure(BEAT_E_VERSION, path + " serves no ABI " + std::to_string(BEAT_ABI_MAJOR) +
                                        ".x; install a plugin of that version");
  }
  const beat_plugin_api& api() const noexcept { return *api_; }

 private:
  const beat_plugin_api* api_ = nullptr;
};

/// What a host offers. Called from any thread that is inside a call of its instance; what is thrown
/// is swallowed, since no exception may cross.
class Host {
 public:
  Host() {
    table_.struct_size = sizeof table_;
    table_.abi_version = BEAT_ABI_VERSION;
    table_.ctx = this;
    table_.log = [](void* ctx, std::int32_t level, beat_span component, beat_span text) {
      guarded([&] { self(ctx).log(level, view(component), view(text)); });
    };
    table_.health = [](void* ctx, std::int32_t health, beat_span stream, beat_span text) {
      guarded([&] { self(ctx).health(health, view(stream), view(text)); });
    };
    table_.secret_get = [](void* ctx, beat_span name, char* buf, std::size_t cap,
                           std::size_t* len) {
      beat_status status = BEAT_E_GENERIC;
      guarded([&] { status = self(ctx).secret(view(name), buf, cap, *len); });
      return status;
    };
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  virtual void log(std::int32_t level, std::string_view component, std::string_view text) = 0;
  /// stream: empty for the instance as a whole.
  virtual void health(std::int32_t health, std::string_view stream, std::string_view text) = 0;
  /// Writes the secret to buf, at most cap bytes, and its length to len.
  virtual beat_status secret(std::string_view name, char* buf, std::size_t cap,
                             std::size_t& len) = 0;

  const beat_host_api& table() const noexcept { return table_; }

 private:
  static Host& self(void* ctx) { return *static_cast<Host*>(ctx); }
  template <typename Call>
  static void guarded(const Call& call) noexcept {
    try {
      call();
    } catch (...) {
    }
  }
  beat_host_api table_{};
};

class Instance;

/// Documents that are acknowledged together. One that is destroyed before it was delivered goes
/// back, and comes again: so an exception between poll and disk loses nothing.
class Batch {
 public:
  Batch(Batch&& other) noexcept
      : instance_(std::exchange(other.instance_, nullptr)), batch_(other.batch_) {}
  Batch& operator=(Batch&&) = delete;
  inline ~Batch();

  /// The documents, each with its newline. Valid until delivered() or the end of the batch.
  std::string_view lines() const { return view(batch_->ndjson); }
  std::uint64_t size() const noexcept { return batch_->doc_count; }
  /// The sink has them: the plugin forgets them. Throws what may be repeated, or may not.
  inline void delivered();

 private:
  friend class Instance;
  Batch(const Instance& instance, const beat_batch& batch) : instance_(&instance), batch_(&batch) {}
  const Instance* instance_;  // null: it is settled
  const beat_batch* batch_;
};

/// One organization that is collected. Ends with its scope; `library` and `host` outlive it.
class Instance {
 public:
  Instance(const Library& library, const Host& host, std::string_view config, std::string_view name)
      : api_(library.api()) {
    std::string error(8192, '\0');
    beat_init_args args{};
    args.struct_size = sizeof args;
    args.host = &host.table();
    args.config_json = {config.data(), config.size()};
    args.instance_id = {name.data(), name.size()};
    args.err_buf = error.data();
    args.err_cap = error.size();
    const beat_status status = api_.init(&args, &handle_);
    if (status < 0) throw Failure(status, error.c_str());
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() {
    while (api_.shutdown(handle_, 5000) == BEAT_E_TIMEOUT) {
      // A name lookup still runs; library and host must live until it is over.
    }
  }

  /// Works for about so long. Afterwards out says how the instance is; what it has is batch().
  beat_poll_result poll(std::uint32_t budget_ms) const {
    beat_poll_args args{};
    args.struct_size = sizeof args;
    args.budget_ms = budget_ms;
    beat_poll_result out{};
    out.struct_size = sizeof out;
    check(api_.poll(handle_, &args, &out));
    return out;
  }
  /// That of a poll whose result has one.
  Batch batch(const beat_poll_result& polled) const { return Batch(*this, *polled.batch); }

  /// Ends the running poll, or the next. From any thread.
  void cancel() const noexcept { api_.cancel(handle_); }

  void ack(beat_batch_id batch, std::int32_t outcome) const {
    beat_ack_args args{};
    args.struct_size = sizeof args;
    args.outcome = outcome;
    check(api_.ack(handle_, batch, &args));
  }

 private:
  void check(beat_status status) const {
    if (status >= 0) return;
    std::string text(1024, '\0');
    std::size_t length = 0;
    api_.last_error(handle_, text.data(), text.size(), &length);
    throw Failure(status, text.c_str());
  }
  const beat_plugin_api& api_;
  beat_handle handle_ = 0;
};

inline void Batch::delivered() {
  instance_->ack(batch_->id, BEAT_ACK_DURABLE);
  instance_ = nullptr;
}

inline Batch::~Batch() {
  if (instance_ == nullptr) return;
  try {
    instance_->ack(batch_->id, BEAT_ACK_RETRY);
  } catch (const Failure&) {
    // It stays with the plugin, and comes after the next start.
  }
}

}  // namespace beat
