// SPDX-License-Identifier: Apache-2.0
// Estimates of a month's end on the simulator's bills, which were not made to try them on.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <map>

#include "forecast/calendar.hpp"
#include "forecast/month_end.hpp"
#include "simulator/simulator.hpp"

using namespace anthropic_metrics;
using host::BilledDay;
using host::Day;
using std::chrono::days;

namespace {

// What each day costs in the end, in cents.
std::vector<BilledDay> bills(std::uint64_t seed, Day from, Day to) {
  simulator::Options options;
  options.seed = seed;
  options.groups = 3;
  options.activity = 0.2;
  options.history_start = from;
  options.epoch = to + days(7);
  const simulator::Simulator simulated(options);
  std::map<Day, simulator::Amount> sums;
  for (const simulator::CostSum& sum : simulated.cost({from, to, false, false}, simulated.now()))
    sums[std::chrono::floor<days>(sum.day)] += sum.amount;
  std::vector<BilledDay> found;
  for (const auto& [day, amount] : sums)
    found.push_back({day, std::stod(simulator::format_amount(amount))});
  return found;
}

}  // namespace

TEST_CASE("half a year of the simulator's bills: the estimate is near, and within its interval") {
  std::vector<double> errors;
  std::size_t within = 0;
  for (const std::uint64_t seed : {std::uint64_t{5}, std::uint64_t{6}}) {
    const Day from = *host::day_in("2026-01-01"), to = *host::day_in("2026-07-01");
    const auto billed = bills(seed, from, to);
    REQUIRE(billed.size() > 150);
    for (Day today = from + days(57); today < to; today += days(1)) {
      const Day month = host::month_of(today);
      double truth = 0;
      for (const BilledDay& day : billed)
        if (host::month_of(day.day) == month) truth += day.cents;
      const host::MonthEnd made = host::month_end(billed, today);
      REQUIRE(made.unknown.empty());
      errors.push_back(std::abs(made.estimate - truth) / truth);
      within += made.low <= truth && truth <= made.high;
    }
  }
  std::sort(errors.begin(), errors.end());
  const double median = errors[errors.size() / 2], worst = errors[errors.size() * 9 / 10];
  const double share = static_cast<double>(within) / static_cast<double>(errors.size());
  INFO("median " << 100 * median << " %, nine in ten " << 100 * worst << " %, within the interval "
                 << 100 * share << " % of " << errors.size());
  CHECK(median < 0.05);
  CHECK(worst < 0.15);
  CHECK(share > 0.75);
}
