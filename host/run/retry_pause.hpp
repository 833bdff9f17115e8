// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try: twice as long after each failure.
#pragma once

#include <algorithm>
#include <chrono>

namespace anthropic_metrics::host {

class RetryPause {
 public:
  RetryPause(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest) {}

  std::chrono::milliseconds next() { return now_ = std::clamp(now_ * 2, first_, longest_); }
  // Nothing but a person can help: no sooner than this.
  std::chrono::milliseconds last() { return now_ = longest_; }
  void reset() { now_ = {}; }

 private:
  std::chrono::milliseconds first_, longest_, now_{0};
};

}  // namespace anthropic_metrics::host
