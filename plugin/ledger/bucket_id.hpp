// SPDX-License-Identifier: Apache-2.0
// A bucket's place in the state as one number: its lane above, its start below. So the table of
// buckets is sorted by lane and time and needs no index, and a key that was flipped is met where
// its row is.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "ledger/seconds.hpp"

namespace anthropic_metrics::ledger {

inline constexpr int bucket_start_bits = 40;  ///< Seconds until the year 36812.
inline constexpr std::int64_t last_bucket_start = (std::int64_t{1} << bucket_start_bits) - 1;

/// Times before 1970 are those of 1970, as ends of windows may be.
inline std::int64_t bucket_id(std::int64_t lane, Instant start) {
  return (lane << bucket_start_bits) |
         std::clamp(seconds(start), std::int64_t{0}, last_bucket_start);
}
inline Instant bucket_start(std::int64_t id) {
  return instant(id & last_bucket_start);
}

}  // namespace anthropic_metrics::ledger
