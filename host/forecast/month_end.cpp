// SPDX-License-Identifier: Apache-2.0
#include "forecast/month_end.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "forecast/calendar.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr int most_weeks = days_of_history / 7;
constexpr double older_week_weighs = 0.6;
constexpr int weeks_to_know_the_usual = 4;
constexpr double exceptional = 1.5;
// Of the interval. Found on simulated years of other seeds than those of the back-test.
constexpr double width_factor = 0.85, least_change = 0.03, change_if_young = 0.25;
constexpr int young_weeks = 3;

// By weekday, 0 being that of the newest billed day, and by week, 0 being the newest.
struct Weeks {
  std::array<std::array<double, most_weeks>, 7> cents{};
  int count = 0;
  int days = 0;  // since the first billed one

  double of_week(int week) const {
    double sum = 0;
    for (const auto& weekday : cents) sum += weekday[static_cast<std::size_t>(week)];
    return sum;
  }
  double all() const {
    double sum = 0;
    for (int week = 0; week < count; ++week) sum += of_week(week);
    return sum;
  }
};

void hold_back_exceptions(std::array<double, most_weeks>& weekday) {
  auto sorted = weekday;
  std::nth_element(sorted.begin(), sorted.begin() + 1, sorted.end(), std::greater<>());
  if (sorted[1] <= 0) return;
  for (double& cents : weekday) cents = std::min(cents, exceptional * sorted[1]);
}

Weeks weeks_of(const std::vector<BilledDay>& days, Day today, Day last) {
  Weeks weeks;
  // The first day with a bill begins the history, also if nothing came for long after it.
  int known = 0;
  for (const BilledDay& day : days) {
    if (day.day < today - std::chrono::days(days_looked_at) || day.day > last) continue;
    const int age = static_cast<int>((last - day.day).count());
    known = std::max(known, age + 1);
    if (age >= days_of_history) continue;
    weeks.cents[static_cast<std::size_t>(age % 7)][static_cast<std::size_t>(age / 7)] =
        std::max(day.cents, 0.0);
  }
  weeks.days = known;
  weeks.count = std::min(known, days_of_history) / 7;
  for (auto& weekday : weeks.cents) {
    std::fill(weekday.begin() + weeks.count, weekday.end(), 0.0);
    if (weeks.count >= weeks_to_know_the_usual) hold_back_exceptions(weekday);
  }
  return weeks;
}

// Of the days `from` to `until` after the newest billed one.
double to_come(const Weeks& weeks, int from, int until) {
  double all_weights = 0;
  for (int week = 0; week < weeks.count; ++week) all_weights += std::pow(older_week_weighs, week);
  double sum = 0;
  for (int weekday = 0; weekday < 7; ++weekday) {
    const int times = (until + weekday) / 7 - (from - 1 + weekday) / 7;
    double weighted = 0;
    for (int week = 0; week < weeks.count; ++week)
      weighted += weeks.cents[static_cast<std::size_t>(weekday)][static_cast<std::size_t>(week)] *
                  std::pow(older_week_weighs, week);
    sum += weighted / all_weights * times;
  }
  return sum;
}

// By what share of itself the sum of so many days may be off.
double uncertainty(const Weeks& weeks, int days) {
  double week_change = 0, day_change = 0;
  for (int week = 0; week + 1 < weeks.count; ++week) {
    week_change += std::abs(weeks.of_week(week) - weeks.of_week(week + 1));
    for (const auto& weekday : weeks.cents)
      day_change += std::abs(weekday[static_cast<std::size_t>(week)] -
                             weekday[static_cast<std::size_t>(week) + 1]);
  }
  const double mean_week = weeks.all() / weeks.count;
  const int pairs = std::max(1, weeks.count - 1);
  week_change = week_change / pairs / mean_week;
  day_change = day_change / pairs / mean_week;  // both are of seven days
  if (weeks.count < young_weeks) {
    week_change = std::max(week_change, change_if_young);
    day_change = std::max(day_change, change_if_young);
  }
  return width_factor * (least_change + week_change + day_change / std::sqrt(days));
}

std::string reason(const MonthEnd& month, const Weeks& weeks, Day today) {
  if ((today - month.billed_through).count() > oldest_billed_day)
    return fmt::format("the newest billed day is {}, more than {} days before today",
                       date_text(month.billed_through), oldest_billed_day);
  if (weeks.count == 0)
    return fmt::format("billed days are known since {} only; an estimate needs 7, these are {}",
                       date_text(month.billed_through - std::chrono::days(weeks.days - 1)),
                       weeks.days);
  if (weeks.all() <= 0) return "nothing was spent in the weeks before";
  return {};
}

}  // namespace

MonthEnd month_end(const std::vector<BilledDay>& days, Day today) {
  MonthEnd month;
  month.month = month_of(today);
  const auto end = std::lower_bound(days.begin(), days.end(), today,
                                    [](const BilledDay& day, Day at) { return day.day < at; });
  if (end == days.begin()) {
    month.unknown = "no day is billed yet";
    return month;
  }
  month.billed_through = std::prev(end)->day;
  for (auto day = end; day != days.begin() && std::prev(day)->day >= month.month; --day)
    month.billed += std::prev(day)->cents;
  const Day next = next_month(month.month);
  const int from = static_cast<int>(
      (std::max(month.month, month.billed_through + std::chrono::days(1)) - month.billed_through)
          .count());
  const int until = static_cast<int>((next - month.billed_through).count()) - 1;
  month.days_left = until - from + 1;
  const Weeks weeks = weeks_of(days, today, month.billed_through);
  month.weeks = weeks.count;
  month.unknown = reason(month, weeks, today);
  if (!month.unknown.empty()) return month;
  const double rest = to_come(weeks, from, until);
  const double share = uncertainty(weeks, month.days_left);
  month.estimate = month.billed + rest;
  month.low = month.billed + rest * std::max(0.0, 1 - share);
  month.high = month.billed + rest * (1 + share);
  return month;
}

}  // namespace anthropic_metrics::host
