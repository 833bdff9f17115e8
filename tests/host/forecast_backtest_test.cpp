// SPDX-License-Identifier: Apache-2.0
// The years that estimates are tried on, and what the error comes to.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <numeric>

#include "forecast/backtest.hpp"
#include "forecast/calendar.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using std::chrono::days;

namespace {

const Backtest& shipped() {
  static const Backtest test = backtest({shipped_seeds.begin(), shipped_seeds.end()});
  return test;
}

// The average of the seven days before, for each day to come.
double plain_average(const std::vector<BilledDay>& years, Day today) {
  double billed = 0, week = 0;
  for (const BilledDay& day : years) {
    if (day.day >= today) break;
    if (day.day >= month_of(today)) billed += day.cents;
    if (day.day >= today - days(7)) week += day.cents;
  }
  return billed + week / 7 * static_cast<double>((next_month(today) - today).count());
}

}  // namespace

TEST_CASE("simulated years follow from their seed, rise by the day, and rest where they say") {
  for (std::size_t kind = 0; kind < kinds_of_years.size(); ++kind) {
    const auto years = trial_years(3, kind), again = trial_years(3, kind);
    REQUIRE(years.size() == again.size());
    CHECK(std::equal(years.begin(), years.end(), again.begin(),
                     [](const BilledDay& a, const BilledDay& b) {
                       return a.day == b.day && a.cents == b.cents;
                     }));
    CHECK(std::is_sorted(years.begin(), years.end(),
                         [](const BilledDay& a, const BilledDay& b) { return a.day < b.day; }));
    CHECK(years.size() > 200);
    CHECK(std::any_of(years.begin(), years.end(), [](const BilledDay& day) {
            return day.cents < 0;
          }) == (kinds_of_years[kind].credits > 0));
  }
  CHECK(trial_years(3, 0).front().cents != trial_years(4, 0).front().cents);
}

TEST_CASE("the interval holds about as many months as it is meant to") {
  CHECK(shipped().years == 2 * shipped_seeds.size() * kinds_of_years.size());
  CHECK(shipped().all.estimates > 40'000);
  CHECK(std::abs(shipped().all.within - interval_percent) < 5);
  for (const ErrorRow& row : shipped().by_day) {
    INFO("day " << row.of);
    CHECK(row.within > interval_percent - 12);
  }
  for (const ErrorRow& row : shipped().by_kind) {
    INFO(row.of);
    CHECK(row.within > 60);
    CHECK(row.median < row.worst);
  }
}

TEST_CASE("the error falls as the month goes on") {
  const auto& by_day = shipped().by_day;
  CHECK(by_day.front().median > 2 * by_day.back().median);
  CHECK(by_day.front().worst > 2 * by_day.back().worst);
  CHECK(by_day.front().width > 2 * by_day.back().width);
}

TEST_CASE("the estimate is nearer than the average of the last seven days") {
  std::vector<double> ours, plain;
  for (const std::uint64_t seed : shipped_seeds)
    for (std::size_t kind = 0; kind < kinds_of_years.size(); ++kind) {
      const auto years = trial_years(seed, kind);
      for (Day month = next_month(years.front().day + days(60));
           next_month(month) <= years.back().day; month = next_month(month)) {
        const Day today = month + days(9);
        const double truth =
            std::accumulate(years.begin(), years.end(), 0.0, [&](double sum, const BilledDay& day) {
              return sum + (month_of(day.day) == month ? day.cents : 0);
            });
        const MonthEnd made = month_end(years, today);
        if (truth <= 0 || !made.unknown.empty()) continue;
        ours.push_back(std::abs(made.estimate - truth) / truth);
        plain.push_back(std::abs(plain_average(years, today) - truth) / truth);
      }
    }
  for (const double share : {0.5, 0.9}) {
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(ours.size()));
    std::nth_element(ours.begin(), ours.begin() + at, ours.end());
    std::nth_element(plain.begin(), plain.begin() + at, plain.end());
    CHECK(ours[static_cast<std::size_t>(at)] < plain[static_cast<std::size_t>(at)]);
  }
}

TEST_CASE("the same seeds print the same tables, others print others") {
  const std::string text = text_of(backtest({1}));
  CHECK(text == text_of(backtest({1})));
  CHECK(text != text_of(backtest({2})));
  CHECK_THAT(text, ContainsSubstring("every morning of 16 simulated years") &&
                       ContainsSubstring("a new organization") &&
                       ContainsSubstring("meant to hold 80 %"));
}
