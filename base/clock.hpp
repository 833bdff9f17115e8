// SPDX-License-Identifier: Apache-2.0
// The clock seam. Every interval, pause and retry is counted on monotonic(); tests and hosts
// replace it. Deadlines of the network are not here: they belong to the transport and to real time.
#pragma once

#include <chrono>

namespace anthropic_metrics {

using Milliseconds = std::chrono::milliseconds;
using Instant = std::chrono::sys_seconds;  ///< A moment of the API's calendar, UTC.
using Monotonic =
    std::chrono::nanoseconds;  ///< A reading of the steady clock; only differences count.

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Monotonic monotonic() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  Monotonic monotonic() const noexcept override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
};

}  // namespace anthropic_metrics
