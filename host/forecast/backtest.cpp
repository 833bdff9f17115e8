// SPDX-License-Identifier: Apache-2.0
#include "forecast/backtest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "forecast/calendar.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

using std::chrono::days;

constexpr std::array<int, 10> days_of_month{1, 4, 7, 10, 13, 16, 19, 22, 25, 28};

// Of many estimates.
struct Errors {
  std::vector<double> errors, widths;
  std::size_t within = 0, none = 0;

  void add(const MonthEnd& month, double truth) {
    if (!month.unknown.empty()) {
      ++none;
      return;
    }
    errors.push_back(100 * std::abs(month.estimate - truth) / truth);
    widths.push_back(50 * (month.high - month.low) / month.estimate);
    within += month.low <= truth && truth <= month.high;
  }

  static double of_sorted(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  }

  ErrorRow row(std::string of) const {
    const double count = std::max(1.0, static_cast<double>(errors.size()));
    return {
        std::move(of),          errors.size(),          none,
        of_sorted(errors, 0.5), of_sorted(errors, 0.9), 100 * static_cast<double>(within) / count,
        of_sorted(widths, 0.5)};
  }
};

struct Collected {
  std::array<Errors, 32> by_day;
  std::array<Errors, kinds_of_years.size()> by_kind;
  Errors all;
};

double cost_of(const std::vector<BilledDay>& years, Day from, Day to) {
  double sum = 0;
  for (const BilledDay& day : years)
    if (day.day >= from && day.day < to) sum += day.cents;
  return sum;
}

// Each morning of each whole month after the first billed day.
void try_years(const std::vector<BilledDay>& years, std::size_t kind, Collected& into) {
  const Day end = years.back().day;
  for (Day month = month_of(years.front().day); next_month(month) <= end;
       month = next_month(month)) {
    const double truth = cost_of(years, month, next_month(month));
    if (truth <= 0) continue;
    for (Day today = std::max(month, years.front().day + days(1)); today < next_month(month);
         today += days(1)) {
      const MonthEnd made = month_end(years, today);
      const auto of_month = static_cast<std::size_t>((today - month).count()) + 1;
      for (Errors* errors : {&into.by_day[of_month], &into.by_kind[kind], &into.all})
        errors->add(made, truth);
    }
  }
}

Row cells(const ErrorRow& row) {
  return {row.of,
          grouped(std::to_string(row.estimates)),
          grouped(std::to_string(row.none)),
          fmt::format("{:.1f} %", row.median),
          fmt::format("{:.1f} %", row.worst),
          fmt::format("{:.0f} %", row.within),
          fmt::format("{:.1f} %", row.width)};
}

std::string table_of(const char* first, const std::vector<ErrorRow>& rows) {
  std::vector<Row> lines{{first, "estimates", "too little known", "error, half of them",
                          "error, nine in ten", "within the interval", "interval, plus and minus"}};
  for (const ErrorRow& row : rows) lines.push_back(cells(row));
  return table(std::move(lines));
}

}  // namespace

Backtest backtest(const std::vector<std::uint64_t>& seeds) {
  Collected collected;
  Backtest test;
  for (const std::uint64_t seed : seeds)
    for (std::size_t kind = 0; kind < kinds_of_years.size(); ++kind) {
      try_years(trial_years(seed, kind), kind, collected);
      test.years += 2;
    }
  for (const int day : days_of_month)
    test.by_day.push_back(collected.by_day[static_cast<std::size_t>(day)].row(std::to_string(day)));
  for (std::size_t kind = 0; kind < kinds_of_years.size(); ++kind)
    test.by_kind.push_back(collected.by_kind[kind].row(std::string(kinds_of_years[kind].name)));
  test.all = collected.all.row("all");
  return test;
}

std::string text_of(const Backtest& test) {
  std::string text = fmt::format(
      "Estimates of the month's end on every morning of {} simulated years, held against what the "
      "month cost.\nThe interval is meant to hold {} % of the months; it held {:.0f} %.\n\n",
      test.years, interval_percent, test.all.within);
  text += table_of("day of the month", test.by_day) + "\n";
  auto kinds = test.by_kind;
  kinds.push_back(test.all);
  return text + table_of("kind of year", kinds);
}

}  // namespace anthropic_metrics::host
