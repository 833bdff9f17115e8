// SPDX-License-Identifier: Apache-2.0
// What a month will have cost at its end: an estimate with an interval, from the days that are
// billed. Pure and deterministic; the dashboards compute the same in ES|QL
// (queries/month-end.esql).
//
// History is cut into whole weeks that end with the newest billed day, at most eight. A day that is
// to come counts as the weighted mean of the same weekday in them, a week weighing 0.6 of the one
// after it. So the weekly cycle and recent growth are in it, and no week is cut.
//   - A day without a row cost nothing. A day below zero (a credit) counts as nothing for the
//   future.
//   - With four weeks or more, one exceptional day is held to 1.5 times the second greatest of its
//     weekday.
// The interval is what is still to come, plus and minus a share of it that follows from how much
// weeks and same weekdays differed from one to the next. It is meant to hold four times in five;
// backtest.hpp measures how often it does.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace anthropic_metrics::host {

using Day = std::chrono::sys_days;

// What a UTC day cost, corrections included, in cents of one currency.
struct BilledDay {
  Day day;
  double cents = 0;
};

struct MonthEnd {
  Day month;           // its first day
  Day billed_through;  // the newest day with a bill; before `month` if none of it is billed yet
  int days_left = 0;   // days of the month after that one
  int weeks = 0;       // whole weeks that the estimate rests on
  double billed = 0;   // cents, of the month; no part of it is estimated

  std::string unknown;                     // why there is no estimate; empty: there is one
  double estimate = 0, low = 0, high = 0;  // cents, of the whole month
};

inline constexpr int interval_percent = 80;    // how often the month should end within the interval
inline constexpr int oldest_billed_day = 5;    // days before today; nothing is said from older ones
inline constexpr int days_of_history = 8 * 7;  // as many as an estimate rests on, at most
inline constexpr int days_looked_at = days_of_history + oldest_billed_day;  // before today

// Of the month in which `today` lies. `days` rise, each once; from `today` on they are not looked
// at.
MonthEnd month_end(const std::vector<BilledDay>& days, Day today);

}  // namespace anthropic_metrics::host
