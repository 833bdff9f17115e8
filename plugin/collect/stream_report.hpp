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
  /// Both are borrowed.
  StreamReport(const Services& services, const streams::Descriptor& stream)
      : services_(services), stream_(stream.name), asked_for_(stream.opt_in) {}

  /// A poll is over. aside: what failed of it without stopping the rest.
  void tell(const Outcome<void>& poll, const std::optional<Failure>& aside);

  /// Polls that failed in a row, since a person did something about it.
  int failures() const { return failures_; }

 private:
  void tell_success(const std::optional<Failure>& aside);
  void tell_not_offered(const Failure& refusal);
  void tell_failure(const Failure& failure);
  void set_health(Health health, const std::string& message);

  const Services& services_;
  std::string_view stream_;
  bool asked_for_;  ///< Somebody switched the stream on: that there is nothing of it is worse.
  int failures_ = 0;
  std::string last_logged_;  ///< So that one cause is logged once.
  std::string last_aside_;
};

}  // namespace anthropic_metrics
