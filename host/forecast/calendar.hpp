// SPDX-License-Identifier: Apache-2.0
// Days and months of UTC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time_text.hpp"

namespace anthropic_metrics::host {

inline std::chrono::sys_days month_of(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return std::chrono::sys_days(date.year() / date.month() / 1);
}

inline std::chrono::sys_days next_month(std::chrono::sys_days day) {
  return month_of(month_of(day) + std::chrono::days(32));
}

// "2026-11-29".
inline std::string date_text(std::chrono::sys_days day) {
  return format_date(Instant(day));
}

inline std::optional<std::chrono::sys_days> day_in(std::string_view text) {
  const auto time = parse_date(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*time);
}

}  // namespace anthropic_metrics::host
