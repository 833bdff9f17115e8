// SPDX-License-Identifier: Apache-2.0
// How long the API asked to be left alone. It counts the organization's requests, not a stream's,
// and not since our start: so all streams wait, and a restart shortens nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "collect/server_clock.hpp"
#include "ledger/ledger.hpp"

namespace anthropic_metrics {

/// The machine's steady clock, which goes on while no process of ours runs.
struct Uptime {
  std::string boot;      ///< Differs after every start of the machine; empty: unknown.
  Milliseconds since{};  ///< That start, sleep included.
};
Uptime system_uptime();

class Hold {
 public:
  /// All three are borrowed. Reads what an earlier start has left.
  Hold(ledger::Ledger& ledger, const ServerClock& server_clock, const Clock& clock,
       std::function<Uptime()> uptime = system_uptime);

  /// An answer that just came asks to wait.
  Result<void> ask(Milliseconds wait);

  /// How much of it is left. After a restart on another machine, or of it, that is known once an
  /// answer told server time.
  Milliseconds left();

 private:
  ledger::Ledger& ledger_;
  const ServerClock& server_clock_;
  const Clock& clock_;
  std::function<Uptime()> uptime_;
  std::optional<Monotonic> until_;
  std::optional<Instant>
      until_server_time_;  ///< Of an earlier start, while nothing better is known.
};

}  // namespace anthropic_metrics
