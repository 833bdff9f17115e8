// SPDX-License-Identifier: Apache-2.0
// How many requests of history may be under way at once: fewer when the API asks for less, more
// again once it has answered for a while. Pure.
#pragma once

#include <algorithm>

namespace anthropic_metrics::api {

class InFlight {
 public:
  /// most: at least 1.
  explicit InFlight(int most = 1) noexcept : most_(std::max(most, 1)), limit_(most_) {}

  int limit() const noexcept { return limit_; }

  /// The API said 429, or how long to wait: half as many, one at least.
  void refused() noexcept {
    limit_ = std::max(limit_ / 2, 1);
    answered_ = 0;
  }

  /// It answered. True if one more may be under way: after eight answers for each that is.
  bool answered() noexcept {
    if (limit_ == most_ || ++answered_ < patience * limit_) return false;
    ++limit_;
    answered_ = 0;
    return true;
  }

 private:
  static constexpr int patience = 8;
  int most_;
  int limit_;
  int answered_ = 0;  ///< Since the limit changed.
};

}  // namespace anthropic_metrics::api
