// SPDX-License-Identifier: Apache-2.0
// Which days of a bill may still change. A day is settled some time after its end, when it is
// collected first; from then on it is read again for as long as the look-back reaches, and what has
// changed by then becomes corrections.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "finance/period.hpp"

namespace anthropic_metrics::host {

struct Revising {
  std::chrono::seconds settle{std::chrono::hours(1)};
  std::chrono::seconds look_back{std::chrono::hours(840)};
};

struct OpenDays {
  std::chrono::sys_days first, last;  // both included
  bool settled = false;               // collected, but read again; else not collected yet
  Instant until;                      // when the last of them is settled, or not read any more
};

// Days of the period that are open at that time, oldest first; none: all are closed. Days that have
// not begun count as not settled.
std::vector<OpenDays> open_days(const Period& period, const Revising& revising, Instant now);

}  // namespace anthropic_metrics::host
