// SPDX-License-Identifier: Apache-2.0
// The days that a bill is looked at for: a month, or what somebody names. UTC.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

struct Period {
  std::chrono::sys_days from;
  std::chrono::sys_days to;  // exclusive
  std::string name;          // "2026-10", or "2026-10-03 to 2026-10-05", both included
};

// As options say it; empty: not given. month: "2026-10"; from, to: dates, to exclusive. now: what
// begins after it has no bill yet. A failure is a sentence that names the option.
Result<Period> period_of(std::string_view month, std::string_view from, std::string_view to,
                         Instant now);

}  // namespace anthropic_metrics::host
