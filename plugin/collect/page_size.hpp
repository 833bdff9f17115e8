// SPDX-License-Identifier: Apache-2.0
// How many buckets of one lane are asked for in one page. What the API, a gateway or our own limits
// find too much is halved, and grows again once pages of that size have come for a while. Pure.
#pragma once

#include <cstdint>

namespace anthropic_metrics {

class PageSize {
 public:
  /// most: what the API documents. remembered: what an earlier start found out; 0: nothing.
  explicit PageSize(std::int64_t most, std::int64_t remembered = 0) noexcept;

  std::int64_t limit() const noexcept { return limit_; }

  /// A page of so many buckets was too much. False if that was one: less cannot be asked for.
  bool too_much(std::int64_t asked) noexcept;

  /// A page of so many buckets came whole. True if the limit grew.
  bool came(std::int64_t asked) noexcept;

 private:
  std::int64_t most_;
  std::int64_t limit_;
  int whole_ = 0;       ///< Full pages in a row at this limit.
  int patience_ = 8;    ///< As many before it grows; doubles whenever it grew in vain.
  bool tried_ = false;  ///< It has grown, and no full page has come since.
};

}  // namespace anthropic_metrics
