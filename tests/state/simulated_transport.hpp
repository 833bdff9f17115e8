// SPDX-License-Identifier: Apache-2.0
// A world without sockets and without waiting: the simulator answers in process, one virtual clock
// moves the host's steady clock and the server's time together, and a crash can come at any step.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "beat_plugin.h"
#include "collect/runtime.hpp"
#include "simulator/simulator.hpp"

namespace anthropic_metrics::test {

using Random = std::mt19937_64;

/// A number in [least, most].
inline std::int64_t pick(Random& random, std::int64_t least, std::int64_t most) {
  // Not std::uniform_int_distribution: a seed means the same history with every library.
  return least + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
}
inline bool chance(Random& random, int percent) {
  return pick(random, 1, 100) <= percent;
}

/// Time of the host and of the server. They pass together, except while the server's is frozen.
class VirtualTime {
 public:
  /// The simulator is borrowed and must stand still by itself (speed 0).
  explicit VirtualTime(simulator::Simulator& server) : server_(server) {}

  void advance(Milliseconds step);
  void freeze_server(bool frozen) { frozen_ = frozen; }

  Monotonic monotonic() const { return now_; }
  Uptime uptime() const { return {"virtual", std::chrono::floor<Milliseconds>(now_)}; }
  Instant server() const { return server_.now(); }

 private:
  simulator::Simulator& server_;
  Monotonic now_{std::chrono::hours(5)};
  Monotonic server_part_{0};  ///< What passed for the server.
  bool frozen_ = false;
};

/// The host's side of the ABI: virtual time, and the latest log lines for a failed test's report.
class FakeHost {
 public:
  explicit FakeHost(const VirtualTime& time);
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const beat_host_api* table() const { return &table_; }
  std::string log() const;
  void note(const std::string& line);

 private:
  const VirtualTime& time_;
  std::vector<std::string> lines_;
  beat_host_api table_{};
};

/// A whole answer to a report that reached the plugin.
struct ReadWindow {
  std::string target;
  Instant at;
};

/// What a transport did, and what it shall do next; outlives transports, so that restarts add up.
struct Wire {
  Random random;
  std::size_t largest_piece = 4096;
  std::int64_t steps = 0;                ///< Sends and reads so far.
  std::int64_t crash_at = -1;            ///< At this step the process dies; -1: never.
  bool crashed = false;                  ///< It died; set back by whoever starts the next one.
  std::function<void()> on_crash;        ///< Must make the poll under way return.
  std::function<void()> before_request;  ///< May set the simulator's faults.
  std::vector<ReadWindow> windows;
  std::int64_t most_delay = 0;  ///< Steps at most before an answer begins, at random.
  std::int64_t under_way = 0;   ///< Requests that no answer began to yet,
  std::int64_t most_under_way = 0;
};

/// Makes transports to the simulator. All arguments are borrowed for the transports' lives.
Runtime::TransportFactory simulated_network(simulator::Simulator& simulator, VirtualTime& time,
                                            Wire& wire);

}  // namespace anthropic_metrics::test
