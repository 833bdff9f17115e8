// SPDX-License-Identifier: Apache-2.0
#include "collect/server_clock.hpp"

#include <algorithm>

namespace anthropic_metrics {
namespace {

Instant carry(Instant date, Monotonic since) noexcept {
  return date + std::chrono::floor<std::chrono::seconds>(since);
}

}  // namespace

void ServerClock::observe(Instant date, Monotonic received) noexcept {
  constexpr auto jitter = std::chrono::seconds(2);
  const bool another = first_ && received - first_->at >= apart;
  if (another) older_ = first_;
  if (newest_) {
    const Instant predicted = carry(newest_->date, received - newest_->at);
    // The later reading stays, where it was taken: carrying it twice would cut it twice.
    if (date <= predicted && predicted - date < jitter) {
      if (another) first_ = Anchor{predicted, received};
      return;
    }
  }
  newest_ = Anchor{date, received};
  if (another || !first_) first_ = newest_;
}

Instant ServerClock::carried(const Anchor& anchor) const noexcept {
  return carry(anchor.date, clock_->monotonic() - anchor.at);
}

bool ServerClock::steady() const noexcept {
  if (!older_) return false;
  const auto difference = carried(*newest_) - carried(*older_);
  return difference <= tolerance && -difference <= tolerance;
}

Instant ServerClock::now() const noexcept {
  const Instant newest = carried(*newest_);
  return !older_ || steady() ? newest : std::min(newest, carried(*older_));
}

std::optional<Instant> ServerClock::confirmed() const noexcept {
  if (!newest_) return std::nullopt;
  if (older_) return now();
  if (remembered_) return std::min(now(), *remembered_);
  return std::nullopt;
}

}  // namespace anthropic_metrics
