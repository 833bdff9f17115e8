// SPDX-License-Identifier: Apache-2.0
// The client's side of an HTTP/2 connection with a few long calls, from bytes to bytes: no socket.
// The one file beside it knows nghttp2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct nghttp2_session;

namespace anthropic_metrics::host::control {

// How a call ended, as far as the other side said so.
struct CallEnd {
  int http_status = 0;
  std::optional<int> grpc_status;
  std::string grpc_message;  // as it came
  std::uint32_t reset = 0;   // HTTP/2's code, if it was cut off
};

class Http2 {
 public:
  using OnData = std::function<void(std::int32_t call, std::string_view piece)>;

  // Throws std::bad_alloc, as all of this may.
  explicit Http2(OnData on_data);
  ~Http2();
  Http2(const Http2&) = delete;
  Http2& operator=(const Http2&) = delete;

  // A POST whose body goes on until finish().
  std::int32_t open(const std::string& authority, const std::string& path);
  // Behind what was given before; leaves as the other side makes room for it.
  void send(std::int32_t call, std::string_view bytes);
  void finish(std::int32_t call);
  // Tells the other side that nothing more comes.
  void end();

  // What the other side sent. False: it does not keep the protocol, and fault() says how.
  bool feed(std::string_view bytes);
  // What is to be sent now, about `most` bytes of it, behind what is in out.
  bool output(std::string& out, std::size_t most);
  const std::string& fault() const { return fault_; }

  // Once a call is over.
  const CallEnd* end_of(std::int32_t call) const;

 private:
  struct Call {
    std::string out;  // not yet sent, from `sent` on
    std::size_t sent = 0;
    bool finished = false;  // by us
    bool over = false;
    CallEnd end;
  };
  struct Callbacks;
  struct Deleter {
    void operator()(nghttp2_session* session) const noexcept;
  };
  Call* find(std::int32_t call);
  void resume(std::int32_t call);
  bool is_fine(int result);

  const OnData on_data_;
  std::map<std::int32_t, Call> calls_;
  std::string fault_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
};

}  // namespace anthropic_metrics::host::control
