// SPDX-License-Identifier: Apache-2.0
#include "server_clock.hpp"

namespace anthropic_metrics {

void ServerClock::observe(Instant date, Monotonic received) noexcept {
  constexpr auto jitter = std::chrono::seconds(2);
  if (anchor_) {
    const auto predicted =
        anchor_->date + std::chrono::floor<std::chrono::seconds>(received - anchor_->at);
    if (date <= predicted && predicted - date < jitter) return;
  }
  anchor_ = Anchor{date, received};
}

Instant ServerClock::now() const noexcept {
  return anchor_->date +
         std::chrono::floor<std::chrono::seconds>(clock_->monotonic() - anchor_->at);
}

}  // namespace anthropic_metrics
