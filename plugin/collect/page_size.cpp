// SPDX-License-Identifier: Apache-2.0
#include "collect/page_size.hpp"

#include <algorithm>

namespace anthropic_metrics {

PageSize::PageSize(std::int64_t most, std::int64_t remembered) noexcept
    : most_(std::max<std::int64_t>(most, 1)),
      limit_(remembered > 0 ? std::min(remembered, most_) : most_) {}

bool PageSize::too_much(std::int64_t asked) noexcept {
  constexpr int most_patience = 1024;
  if (tried_) patience_ = std::min(patience_ * 2, most_patience);
  tried_ = false;
  whole_ = 0;
  if (asked <= 1) return false;
  limit_ = std::min(limit_, asked / 2);
  return true;
}

bool PageSize::came(std::int64_t asked) noexcept {
  if (asked < limit_) return false;  // Says nothing about pages of the limit's size.
  tried_ = false;
  if (limit_ == most_ || ++whole_ < patience_) return false;
  limit_ = std::min(limit_ * 2, most_);
  whole_ = 0;
  tried_ = true;
  return true;
}

}  // namespace anthropic_metrics
