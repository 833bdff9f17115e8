// SPDX-License-Identifier: Apache-2.0
// The widths of buckets that the API has.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anthropic_metrics::host {

struct BucketWidth {
  std::string_view name;     // "1h"
  std::int64_t seconds;      // of a bucket
  std::int64_t per_request;  // buckets in one answer, at most
};

inline constexpr std::array<BucketWidth, 3> bucket_widths{
    {{"1m", 60, 1440}, {"1h", 3600, 168}, {"1d", 86'400, 31}}};

}  // namespace anthropic_metrics::host
