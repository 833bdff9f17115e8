// SPDX-License-Identifier: Apache-2.0
// One stream of the real plugin (driver, ledger, transport, TLS) against the paged server: network
// and TLS run in real time, waits between requests in virtual time, so nothing sleeps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canary.hpp"
#include "collect/runtime.hpp"
#include "model_store.hpp"
#include "paged_server.hpp"

namespace anthropic_metrics::test {

struct Collected {
  std::string_view stream, width, group_by;
  std::string_view settings;  ///< JSON members of the stream's settings.
};
const std::vector<Collected>& collected_streams();

class Trial {
 public:
  explicit Trial(const Collected& stream);

  /// Polls, delivers and lets virtual time pass until it comes to rest at or after `end`.
  void run_until(Monotonic end);
  /// The same until the stream is healthy; false if it is not by `end`.
  bool recover(Monotonic end);

  PagedServer& server() { return server_; }
  Monotonic now() const { return time_.monotonic(); }
  Health health() const { return runtime_->health(); }
  std::optional<Instant> cursor() const;  ///< None for a stream without one, or before it is known.
  bool snapshot() const { return stream_.width.empty(); }

  /// Sentences about what is wrong: sums, revisions, a cursor that is behind, snapshots that are
  /// not whole.
  std::vector<std::string> problems();
  /// Everything the plugin said: log, health, status, last error, documents.
  std::string said() const;
  int warnings() const;  ///< Log lines of the stream, of that level or above.

 private:
  std::optional<Milliseconds> poll();
  bool rest(Milliseconds wanted, Monotonic end);

  const Collected& stream_;
  simulator::Simulator simulator_;
  VirtualTime time_{simulator_};
  PagedServer server_{simulator_, time_};
  FakeHost host_{time_};
  ModelStore store_;
  std::string documents_;
  std::unique_ptr<Runtime> runtime_;
  std::optional<Instant> origin_;
};

}  // namespace anthropic_metrics::test
