// SPDX-License-Identifier: Apache-2.0
// Years of daily spend that never were, from a seed, to try an estimate on: the cycle of the week,
// and what disturbs it. The same seed gives the same years everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "forecast/month_end.hpp"

namespace anthropic_metrics::host {

// What happens beside the weekly cycle and the chance of each day and week.
struct KindOfYears {
  std::string_view name;
  bool trend = false;     // -1 to +3 % a week, for years
  int steps = 0;          // a year: from one day on 0.5 to 2.5 times as much
  bool holidays = false;  // ten days a year at a third, and ten days around New Year
  int exceptions = 0;     // a year: a day of 3 to 10 times as much
  int credits = 0;        // a year: five days' worth is given back on one day
  bool seldom = false;    // a third of the days without any spend, the others very unequal
  bool young = false;     // begins some months into the years
};

inline constexpr std::array<KindOfYears, 8> kinds_of_years{{
    {.name = "steady"},
    {.name = "growing or shrinking", .trend = true},
    {.name = "steps", .steps = 3},
    {.name = "holidays", .holidays = true},
    {.name = "exceptional days, credits", .exceptions = 4, .credits = 1},
    {.name = "use on few days", .seldom = true},
    {.name = "all of it",
     .trend = true,
     .steps = 1,
     .holidays = true,
     .exceptions = 2,
     .credits = 1},
    {.name = "a new organization", .young = true},
}};

// Two calendar years; days without spend have no entry, as in a bill.
std::vector<BilledDay> trial_years(std::uint64_t seed, std::size_t kind);

}  // namespace anthropic_metrics::host
