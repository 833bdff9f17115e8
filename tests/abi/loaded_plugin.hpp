// SPDX-License-Identifier: Apache-2.0
// The built library as a host sees it: dlopen and the header, nothing else.
#pragma once

#include <dlfcn.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "beat_plugin.h"
#include "simulator/options.hpp"

namespace anthropic_metrics::test {

inline beat_span span(std::string_view text) {
  return {text.data(), text.size()};
}

inline const beat_plugin_api& plugin() {
  static const beat_plugin_api* api = [] {
    void* library = ::dlopen(AM_PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) FAIL("dlopen: " << ::dlerror());
    using GetApi = const beat_plugin_api* (*)(uint32_t);
    GetApi get_api = nullptr;
    void* symbol = ::dlsym(library, "beat_plugin_get_api");
    std::memcpy(&get_api, &symbol, sizeof get_api);
    REQUIRE(get_api != nullptr);
    const beat_plugin_api* table = get_api(BEAT_ABI_VERSION);
    REQUIRE(table != nullptr);
    return table;
  }();
  return *api;  // No assertion here: Catch2's are for one thread, and this is called from several.
}

/// Host callbacks that remember what they were told. Thread-safe.
class RecordingHost {
 public:
  RecordingHost() {
    table_.struct_size = sizeof table_;
    table_.abi_version = BEAT_ABI_VERSION;
    table_.ctx = this;
    table_.log = [](void* ctx, int32_t level, beat_span component, beat_span text) {
      static_cast<RecordingHost*>(ctx)->keep(level, component, text);
    };
    table_.log_level = [](void*) -> int32_t { return BEAT_LOG_TRACE; };
    table_.realtime_ns = [](void*) -> int64_t {  // As the simulator's clock begins.
      return std::chrono::nanoseconds(simulator::Options().epoch.time_since_epoch()).count();
    };
  }
  const beat_host_api* table() const { return &table_; }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  void keep(int32_t, beat_span component, beat_span text) {
    const std::lock_guard lock(mutex_);
    text_.append(component.ptr, component.len).append(": ").append(text.ptr, text.len).append("\n");
  }

  beat_host_api table_{};
  mutable std::mutex mutex_;
  std::string text_;
};

/// An instance that is shut down at the end of the test.
class LiveInstance {
 public:
  explicit LiveInstance(const std::string& config, const beat_host_api* host = nullptr) {
    char error[4096] = "";
    beat_init_args args{};
    args.struct_size = sizeof args;
    args.host = host;
    args.config_json = span(config);
    args.instance_id = span("test");
    args.err_buf = error;
    args.err_cap = sizeof error;
    status_ = plugin().init(&args, &handle_);
    error_ = error;
  }
  LiveInstance(const LiveInstance&) = delete;
  LiveInstance& operator=(const LiveInstance&) = delete;
  ~LiveInstance() {
    if (handle_ != 0) plugin().shutdown(handle_, 5000);
  }

  beat_status status() const { return status_; }
  const std::string& error() const { return error_; }
  beat_handle handle() const { return handle_; }

  std::pair<beat_status, beat_poll_result> poll(uint32_t budget_ms, uint32_t max_docs = 0,
                                                uint64_t max_bytes = 0) const {
    beat_poll_args args{};
    args.struct_size = sizeof args;
    args.budget_ms = budget_ms;
    args.max_docs = max_docs;
    args.max_bytes = max_bytes;
    beat_poll_result result{};
    result.struct_size = sizeof result;
    const beat_status status = plugin().poll(handle_, &args, &result);
    return {status, result};
  }
  beat_status ack(beat_batch_id batch, int32_t outcome = BEAT_ACK_DURABLE) const {
    beat_ack_args args{};
    args.struct_size = sizeof args;
    args.outcome = outcome;
    return plugin().ack(handle_, batch, &args);
  }
  /// Of a poll without a batch: whether every stream waits for its interval. If not, waits as long
  /// as it says, as a host does: requests beyond a few are spaced.
  static bool at_rest(const beat_poll_result& result) {
    if (result.next_poll_ms > 10'000) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(result.next_poll_ms));
    return false;
  }
  /// Polls and acknowledges until every stream waits for its interval; the documents.
  std::string drain(uint32_t max_docs = 0) const {
    std::string documents;
    for (int calls = 0; calls < 10'000; ++calls) {
      const auto [status, result] = poll(1000, max_docs);
      REQUIRE(status >= 0);
      if (result.batch != nullptr) {
        documents.append(result.batch->ndjson.ptr, result.batch->ndjson.len);
        REQUIRE(ack(result.batch->id) == BEAT_OK);
      } else if (at_rest(result)) {
        return documents;
      }
    }
    FAIL("the plugin never came to rest");
    return documents;
  }
  std::string text(beat_status (*get)(beat_handle, char*, size_t, size_t*)) const {
    size_t length = 0;
    std::string out;
    beat_status status = get(handle_, nullptr, 0, &length);
    CHECK(status >= BEAT_E_TRUNCATED);
    // It may have grown since its size was told.
    for (int tries = 0; tries < 10 && out.size() < length; ++tries) {
      out.resize(length);
      status = get(handle_, out.data(), out.size(), &length);
    }
    REQUIRE((length == 0 || status == BEAT_OK));
    out.resize(length);
    return out;
  }

 private:
  beat_status status_ = BEAT_E_GENERIC;
  beat_handle handle_ = 0;
  std::string error_;
};

}  // namespace anthropic_metrics::test
