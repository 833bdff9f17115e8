// SPDX-License-Identifier: Apache-2.0
#include "api/pace.hpp"

#include <algorithm>

namespace anthropic_metrics::api {

Pace::Pace(Duration interval, int burst) noexcept
    : interval_(std::max(interval, Duration(1))), credit_(interval_ * (std::max(burst, 1) - 1)) {}

Pace::Duration Pace::delay(Time now) const noexcept {
  if (!started_) return Duration::zero();
  return std::max(Duration::zero(), due_ - credit_ - now);
}

void Pace::empty(Time now) noexcept {
  due_ = started_ ? std::max(due_, now + credit_) : now + credit_;
  started_ = true;
}

Pace::Duration Pace::reserve(Time now) noexcept {
  // The generic cell rate algorithm: `due_` advances one interval per place and never lags `now`.
  const Duration wait = delay(now);
  due_ = (started_ ? std::max(due_, now) : now) + interval_;
  started_ = true;
  return wait;
}

}  // namespace anthropic_metrics::api
