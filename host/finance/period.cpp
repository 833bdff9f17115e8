// SPDX-License-Identifier: Apache-2.0
#include "finance/period.hpp"

#include <fmt/format.h>

#include <optional>

#include "forecast/calendar.hpp"

namespace anthropic_metrics::host {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

Failure wrong(std::string sentence) {
  return {ExitCode::usage, {std::move(sentence)}};
}

Result<Period> whole_month(std::string_view month, Instant now) {
  const auto first = month.size() == 7 ? day_in(std::string(month) + "-01") : std::nullopt;
  if (!first) return wrong(fmt::format("--month: '{}' is no month; write it like 2026-10", month));
  if (Instant(*first) > now)
    return wrong(fmt::format("--month: {} has not begun, it is {}; name a month that has", month,
                             format_date(now)));
  return Period{*first, next_month(*first), std::string(month)};
}

}  // namespace

Result<Period> period_of(std::string_view month, std::string_view from, std::string_view to,
                         Instant now) {
  if (month.empty() == from.empty())
    return wrong("say which days: --month, or --from and, if it shall not be until now, --to");
  if (!month.empty()) {
    if (!to.empty()) return wrong("--to is of --from; leave it out beside --month");
    return whole_month(month, now);
  }
  const auto first = day_in(from);
  if (!first) return wrong(fmt::format("--from: '{}' is no date; write it like 2026-10-01", from));
  const sys_days today = std::chrono::floor<days>(now);
  const auto end = to.empty() ? std::optional(today + days(1)) : day_in(to);
  if (!end) return wrong(fmt::format("--to: '{}' is no date; write it like 2026-11-01", to));
  if (*first > today)
    return wrong(fmt::format("--from: {} has not begun, it is {}; name a day that has", from,
                             date_text(today)));
  if (*first >= *end)
    return wrong(
        fmt::format("--to: {} is not after --from {}; it is the first day that is left out",
                    date_text(*end), from));
  return Period{*first, *end,
                fmt::format("{} to {}", date_text(*first), date_text(*end - days(1)))};
}

}  // namespace anthropic_metrics::host
