// SPDX-License-Identifier: Apache-2.0
// One connection to the Agent with its two calls, check-ins and actions. Of one thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "control/actions.hpp"
#include "control/bootstrap.hpp"
#include "control/framing.hpp"
#include "control/http2.hpp"
#include "control/messages.hpp"
#include "control/tls_stream.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host::control {

class Connection {
 public:
  // Called by move(). What they throw ends the connection.
  struct Events {
    std::function<void(Expected)> expected;
    std::function<ActionAnswer(const ActionRequest&)> perform;
  };

  // Both calls are begun, and the first message of actions waits to leave. bootstrap outlives this.
  Connection(TlsStream stream, const Bootstrap& bootstrap, Events events);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void check_in(std::string_view message);
  // No more messages of ours.
  void finish();
  // The Agent ended both calls, too. What it ends before finish() is a failure of move().
  bool is_finished() const;
  // In good order, as far as that needs no waiting.
  void end();

  // Writes and reads what can be now. A failure says why the connection is over.
  Result<void> move();
  // What to wait for before move() is called again, unless there is more already.
  int fd() const { return stream_.fd(); }
  short events() const { return stream_.events(); }
  bool has_more() const { return more_; }

 private:
  struct Incoming {
    std::int32_t call = 0;
    Deframer messages;
  };
  void take(std::int32_t call, std::string_view piece);
  bool take_check_in(std::string_view message);
  bool take_action(std::string_view message);
  Result<void> write();
  Result<void> read();
  std::optional<Failure> ended() const;
  Failure broken(std::string_view reason) const;

  TlsStream stream_;
  const Bootstrap& bootstrap_;
  const Events events_;
  Http2 http2_;
  Incoming check_ins_;
  Incoming actions_;
  std::string out_;  // from `written_` on it waits for the socket
  std::size_t written_ = 0;
  std::array<char, 16UL * 1024> in_;
  bool more_ = false;
  bool finishing_ = false;
  std::string fault_;
};

}  // namespace anthropic_metrics::host::control
