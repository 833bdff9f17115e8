// SPDX-License-Identifier: Apache-2.0
// Server time: the API's Date header carried forward by the monotonic clock. It alone decides which
// buckets are closed; the host's wall clock decides nothing.
#pragma once

#include <optional>

#include "clock.hpp"

namespace anthropic_metrics {

class ServerClock {
 public:
  explicit ServerClock(const Clock& clock) : clock_(&clock) {}

  /// Takes the Date of an answer that arrived at `received`. Date is cut to the second and was
  /// written before the answer arrived, so now() never runs ahead of the server.
  void observe(Instant date, Monotonic received) noexcept;

  bool known() const noexcept { return anchor_.has_value(); }

  /// Server time now. Requires known(). Does not go back while the server's clock does not: answers
  /// that differ by under two seconds (rounding, two machines) keep the later reading.
  Instant now() const noexcept;

 private:
  struct Anchor {
    Instant date;
    Monotonic at;
  };
  const Clock* clock_;
  std::optional<Anchor> anchor_;
};

}  // namespace anthropic_metrics
