// SPDX-License-Identifier: Apache-2.0
// Runs a stream without an endpoint: turns what the status recorded of the other streams into rows,
// when a stream's state changes and once an interval. Asks nothing of the network; emits nothing
// before organization and server time are known.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collect/emitter.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class Observer {
 public:
  /// Both borrowed for the observer's life.
  Observer(const Services& services, const StreamChoice& choice);

  /// Ends when the loop is destroyed; at once in an instance that reads on request.
  boost::asio::awaitable<void> run();

  /// Emits at once what changed since the last row: a stream that fails, recovers, or has read its
  /// first round. Cheap if nothing did; whoever let the others work calls it afterwards.
  void look();

 private:
  enum class Which { all, changed };
  Result<void> observe(Which which);
  void tell(const Result<void>& observed);
  Result<bool> ready();

  const Services& services_;
  const StreamChoice& choice_;
  std::unique_ptr<Emitter> emitter_;
  std::map<std::string, StreamStatus> before_;  ///< What the last document already told.
  std::map<std::string, Instant> told_at_;      ///< When: a second holds one row of a stream.
  std::uint64_t seen_changes_ = 0;
  std::string last_fault_;
};

/// What happened between two readings of a stream's status. Pure; outbox and credential are not
/// set.
streams::Observation difference(const std::string& stream, const StreamStatus& before,
                                const StreamStatus& now, std::optional<Instant> server_time);

}  // namespace anthropic_metrics
