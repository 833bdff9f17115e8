// SPDX-License-Identifier: Apache-2.0
// Tells what became of a stream's polls: status, health, and each cause once in the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class StreamReport {
 public:
  /// services is borrowed; stream outlives the report.
  StreamReport(const Services& services, std::string_view stream)
      : services_(services), stream_(stream) {}

  /// A poll is over. aside: what failed of it without stopping the rest.
  void tell(const Outcome<void>& poll, const std::optional<Failure>& aside);

  /// Polls that failed in a row, since a person did something about it.
  int failures() const { return failures_; }

 private:
  void tell_success(const std::optional<Failure>& aside);
  void tell_failure(const Failure& failure);
  void set_health(Health health, const std::string& message);

  const Services& services_;
  std::string_view stream_;
  int failures_ = 0;
  std::string last_logged_;  ///< So that one cause is logged once.
  std::string last_aside_;
};

}  // namespace anthropic_metrics
