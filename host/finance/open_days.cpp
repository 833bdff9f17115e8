// SPDX-License-Identifier: Apache-2.0
#include "finance/open_days.hpp"

namespace anthropic_metrics::host {

std::vector<OpenDays> open_days(const Period& period, const Revising& revising, Instant now) {
  std::vector<OpenDays> ranges;
  for (auto day = period.from; day < period.to; day += std::chrono::days(1)) {
    const Instant end(day + std::chrono::days(1));
    const bool settled = end + revising.settle <= now;
    const Instant until = end + (settled ? revising.look_back : revising.settle);
    if (settled && until <= now) continue;
    if (ranges.empty() || ranges.back().settled != settled)
      ranges.push_back({day, day, settled, until});
    ranges.back().last = day;
    ranges.back().until = until;
  }
  return ranges;
}

}  // namespace anthropic_metrics::host
