// SPDX-License-Identifier: Apache-2.0
#include "control/http2.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <utility>
#include <vector>

#include "base/secret.hpp"

namespace anthropic_metrics::host::control {
namespace {

constexpr std::size_t most_message = 1024;  // of a status, kept
// What may be under way to us. Nothing of it waits here: pieces are passed on as they come.
constexpr std::int32_t window = 1 << 20;

int number(std::string_view text) {
  int value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() ? value : -1;
}

// nghttp2 copies names and values.
nghttp2_nv header(std::string_view name, std::string_view value) {
  const auto octets = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
    nghttp2_session_callbacks_del(callbacks);
  }
};

}  // namespace

// What nghttp2 calls. Exceptions must not pass through it; none is expected but for want of memory.
struct Http2::Callbacks {
  static Http2& self(void* user) { return *static_cast<Http2*>(user); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) noexcept {
    Call* const call = self(user).find(frame->hd.stream_id);
    if (call == nullptr) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":status") call->end.http_status = number(text);
    if (key == "grpc-status") call->end.grpc_status = number(text);
    if (key == "grpc-message") call->end.grpc_message = text.substr(0, most_message);
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* user) noexcept {
    if (self(user).find(stream) != nullptr)
      self(user).on_data_(stream, {reinterpret_cast<const char*>(data), size});
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Call* const call = self(user).find(frame->hd.stream_id);
    const bool has_body = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    // The other side is done, though ours may still be open.
    if (call != nullptr && has_body && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
      call->over = true;
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t code,
                      void* user) noexcept {
    if (Call* const call = self(user).find(stream)) {
      if (!call->over) call->end.reset = code;
      call->over = true;
    }
    return 0;
  }

  static ssize_t give_body(nghttp2_session*, std::int32_t stream, std::uint8_t* buffer,
                           std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                           void* user) noexcept {
    Call* const call = self(user).find(stream);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t taken = std::min(size, call->out.size() - call->sent);
    std::copy_n(call->out.data() + call->sent, taken, reinterpret_cast<char*>(buffer));
    call->sent += taken;
    if (call->sent == call->out.size()) {
      wipe(call->out);
      call->sent = 0;
      if (call->finished) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
      } else if (taken == 0) {
        return NGHTTP2_ERR_DEFERRED;
      }
    }
    return static_cast<ssize_t>(taken);
  }
};

void Http2::Deleter::operator()(nghttp2_session* session) const noexcept {
  nghttp2_session_del(session);
}

Http2::Http2(OnData on_data) : on_data_(std::move(on_data)) {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(made);
  nghttp2_session_callbacks_set_on_header_callback(made, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, Callbacks::on_close);
  nghttp2_session* session = nullptr;
  if (nghttp2_session_client_new(&session, made, this) != 0) throw std::bad_alloc();
  session_.reset(session);
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16U * 1024},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window}}};
  is_fine(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
  is_fine(nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, window));
}

Http2::~Http2() = default;

bool Http2::is_fine(int result) {
  if (result >= 0) return true;
  if (result == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  if (fault_.empty()) fault_ = nghttp2_strerror(result);
  return false;
}

Http2::Call* Http2::find(std::int32_t call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second;
}

std::int32_t Http2::open(const std::string& authority, const std::string& path) {
  const std::vector<nghttp2_nv> headers{header(":method", "POST"),
                                        header(":scheme", "https"),
                                        header(":authority", authority),
                                        header(":path", path),
                                        header("te", "trailers"),
                                        header("content-type", "application/grpc"),
                                        header("user-agent", "anthropic-metrics")};
  nghttp2_data_provider body{};
  body.read_callback = Callbacks::give_body;
  const std::int32_t call = nghttp2_submit_request(session_.get(), nullptr, headers.data(),
                                                   headers.size(), &body, nullptr);
  if (is_fine(call)) calls_[call];
  return call;
}

void Http2::resume(std::int32_t call) {
  const int result = nghttp2_session_resume_data(session_.get(), call);
  // It was not waiting, or is over.
  if (result != NGHTTP2_ERR_INVALID_ARGUMENT) is_fine(result);
}

void Http2::send(std::int32_t call, std::string_view bytes) {
  Call* const found = find(call);
  if (found == nullptr || found->over) return;
  found->out += bytes;
  resume(call);
}

void Http2::finish(std::int32_t call) {
  Call* const found = find(call);
  if (found == nullptr || found->over) return;
  found->finished = true;
  resume(call);
}

void Http2::end() {
  is_fine(nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR));
}

bool Http2::feed(std::string_view bytes) {
  const ssize_t used = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return is_fine(static_cast<int>(used));
}

bool Http2::output(std::string& out, std::size_t most) {
  while (out.size() < most) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (!is_fine(static_cast<int>(size))) return false;
    if (size == 0) break;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  return true;
}

const CallEnd* Http2::end_of(std::int32_t call) const {
  const auto found = calls_.find(call);
  return found != calls_.end() && found->second.over ? &found->second.end : nullptr;
}

}  // namespace anthropic_metrics::host::control
