// SPDX-License-Identifier: Apache-2.0
// The estimate of a month's end, on days whose truth can be seen.
#include <array>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <functional>

#include "forecast/calendar.hpp"
#include "forecast/month_end.hpp"

using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using std::chrono::days;

namespace {

Day at(const char* text) {
  return day_in(text).value();
}

// From the first day to the last one, both included; a day of nothing has no row.
std::vector<BilledDay> history(const char* first, const char* last,
                               const std::function<double(Day)>& cents) {
  std::vector<BilledDay> made;
  for (Day day = at(first); day <= at(last); day += days(1))
    if (const double of_day = cents(day); of_day != 0) made.push_back({day, of_day});
  return made;
}

std::vector<BilledDay> steady(const char* first, const char* last, double cents = 1000) {
  return history(first, last, [cents](Day) { return cents; });
}

}  // namespace

TEST_CASE("a steady month costs its days, and what is billed stays apart") {
  const MonthEnd month = month_end(steady("2026-09-01", "2026-11-18"), at("2026-11-19"));
  REQUIRE(month.unknown.empty());
  CHECK(date_text(month.month) == "2026-11-01");
  CHECK(date_text(month.billed_through) == "2026-11-18");
  CHECK(month.days_left == 12);
  CHECK(month.weeks == 8);
  CHECK(month.billed == 18'000);
  CHECK(month.estimate == Approx(30'000));
  CHECK(month.low == Approx(18'000 + 12'000 * (1 - 0.85 * 0.03)));
  CHECK(month.high == Approx(18'000 + 12'000 * (1 + 0.85 * 0.03)));
}

TEST_CASE("a cycle of the week that repeats is foreseen exactly, on every day of every month") {
  constexpr std::array<double, 7> cycle{0, 1000, 1100, 900.5, 1000, 800, 250};
  const auto of_day = [&](Day day) { return cycle[std::chrono::weekday(day).c_encoding()]; };
  const auto billed = history("2023-06-01", "2025-06-30", of_day);
  for (Day today = at("2023-09-01"); today < at("2025-06-30"); today += days(1)) {
    double truth = 0;
    for (Day day = month_of(today); day < next_month(today); day += days(1)) truth += of_day(day);
    const MonthEnd month = month_end(billed, today);
    INFO(date_text(today));
    REQUIRE(month.unknown.empty());
    REQUIRE(month.estimate == Approx(truth).epsilon(1e-12));
    REQUIRE(month.low <= truth);
    REQUIRE(month.high >= truth);
  }
}

TEST_CASE("the month before is billed later: on the first of a month its last days may lack") {
  for (const char* last : {"2026-11-30", "2026-11-29", "2026-11-26"}) {
    const MonthEnd month = month_end(steady("2026-09-01", last), at("2026-12-01"));
    INFO(last);
    CHECK(month.billed == 0);
    CHECK(month.days_left == 31);
    CHECK(month.estimate == Approx(31'000));
  }
}

TEST_CASE("there is no number without a week of history, a recent day, or any spend") {
  const struct {
    std::vector<BilledDay> days;
    const char* today;
    const char* why;
  } cases[] = {
      {{}, "2026-11-19", "no day is billed yet"},
      {steady("2026-11-19", "2026-11-25"), "2026-11-19", "no day is billed yet"},
      {steady("2026-11-16", "2026-11-18"), "2026-11-19", "needs 7, these are 3"},
      {steady("2026-11-13", "2026-11-18"), "2026-11-19", "since 2026-11-13 only"},
      {steady("2026-09-01", "2026-11-13"), "2026-11-19", "the newest billed day is 2026-11-13"},
      {steady("2026-11-01", "2026-11-18", -5), "2026-11-19", "nothing was spent"},
  };
  for (const auto& row : cases) {
    const MonthEnd month = month_end(row.days, at(row.today));
    CHECK_THAT(month.unknown, ContainsSubstring(row.why));
    CHECK(month.estimate == 0);
  }
  CHECK(month_end(steady("2026-11-12", "2026-11-18"), at("2026-11-19")).unknown.empty());
  CHECK(month_end(steady("2026-09-01", "2026-11-14"), at("2026-11-19")).unknown.empty());
}

TEST_CASE("few weeks have a wide interval, and the first billed day begins the history") {
  const MonthEnd young = month_end(steady("2026-11-06", "2026-11-18"), at("2026-11-19"));
  CHECK(young.weeks == 1);
  CHECK(young.estimate == Approx(25'000));
  CHECK((young.high - young.estimate) / 12'000 == Approx(0.85 * (0.28 + 0.25 / std::sqrt(12))));
  auto gap = steady("2026-11-12", "2026-11-18");
  gap.insert(gap.begin(), BilledDay{at("2026-10-01"), 1});
  CHECK(month_end(gap, at("2026-11-19")).weeks == 7);
  gap.insert(gap.begin(), BilledDay{at("2026-09-01"), 1});  // too long ago to be looked at
  CHECK(month_end(gap, at("2026-11-19")).weeks == 7);
}

TEST_CASE("a week weighs 0.6 of the one after it") {
  const Day today = at("2026-11-19");
  const auto billed = history("2026-11-05", "2026-11-18", [&](Day day) {
    return (today - day).count() <= 7 ? 2000.0 : 1000.0;
  });
  const double daily = (2000 + 0.6 * 1000) / 1.6;
  CHECK(month_end(billed, today).estimate == Approx(21'000 + 12 * daily));
}

TEST_CASE("a credit is billed and not expected again, a day without a row cost nothing") {
  auto billed = steady("2026-09-01", "2026-11-18");
  billed.back().cents = -50'000;
  const MonthEnd month = month_end(billed, at("2026-11-19"));
  CHECK(month.billed == 17'000 - 50'000);
  CHECK(month.estimate > month.billed);
  CHECK(month.low >= month.billed);
  auto with_gap = steady("2026-09-01", "2026-11-18");
  with_gap.pop_back();
  with_gap.erase(with_gap.end() - 6);
  auto with_zero = steady("2026-09-01", "2026-11-17");
  with_zero[with_zero.size() - 6].cents = 0;
  CHECK(month_end(with_gap, at("2026-11-19")).estimate ==
        month_end(with_zero, at("2026-11-19")).estimate);
}

TEST_CASE("one exceptional day is held to one and a half times the next greatest of its weekday") {
  auto billed = steady("2026-09-01", "2026-11-18");
  billed[billed.size() - 3].cents = 20'000;  // a Monday; two more Mondays are to come
  const MonthEnd month = month_end(billed, at("2026-11-19"));
  double weights = 0;
  for (int week = 0; week < 8; ++week) weights += std::pow(0.6, week);
  CHECK(month.billed == 37'000);
  CHECK(month.estimate == Approx(37'000 + 12'000 + 2 * 500 / weights));
  // A weekday of which only one ever cost something is what it is.
  std::vector<BilledDay> lone = steady("2026-09-01", "2026-11-18");
  std::erase_if(lone, [](const BilledDay& day) {
    return std::chrono::weekday(day.day) == std::chrono::Sunday;
  });
  lone.insert(lone.end() - 3, BilledDay{at("2026-11-15"), 20'000});
  CHECK(month_end(lone, at("2026-11-19")).estimate ==
        Approx(month_end(lone, at("2026-11-19")).billed + 10'000 + 2 * 20'000 / weights));
}

TEST_CASE("days from today on are not looked at, and more change widens the interval") {
  auto billed = steady("2026-09-01", "2026-11-18");
  const double calm = month_end(billed, at("2026-11-19")).high;
  billed.push_back({at("2026-11-19"), 1e9});
  CHECK(month_end(billed, at("2026-11-19")).high == calm);
  const auto restless = history("2026-09-01", "2026-11-18", [](Day day) {
    return day.time_since_epoch().count() / 7 % 2 == 0 ? 1400.0 : 600.0;
  });
  const MonthEnd month = month_end(restless, at("2026-11-19"));
  CHECK(month.high - month.low > 0.5 * 12'000);
  CHECK(month.low >= month.billed);
}
