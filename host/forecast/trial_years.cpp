// SPDX-License-Identifier: Apache-2.0
#include "forecast/trial_years.hpp"

#include <cmath>
#include <map>
#include <set>

namespace anthropic_metrics::host {
namespace {

using namespace std::chrono;

constexpr int day_count = 730;

// From Sunday: an office, a service that never rests, nobody at the weekend, people's free time.
constexpr double week_shapes[4][7] = {{0.28, 1.0, 1.05, 1.04, 1.0, 0.93, 0.35},
                                      {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0},
                                      {0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0},
                                      {1.3, 0.8, 0.8, 0.85, 0.9, 1.1, 1.4}};
constexpr double day_chances[4] = {0.05, 0.12, 0.2, 0.35};
constexpr double week_chances[3] = {0.01, 0.03, 0.06};
constexpr double trends[4] = {-0.01, 0.01, 0.02, 0.03};
constexpr double step_factors[5] = {0.5, 0.6, 1.5, 2.0, 2.5};

// SplitMix64: the sequence of a seed.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // from 0 to 1
  // Normal enough: twelve shares added up.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += share();
    return sum;
  }

 private:
  std::uint64_t state_;
};

// What is decided before the first day.
struct Fate {
  const double* shape = nullptr;
  double level = 0, day_chance = 0, week_chance = 0, trend = 0;
  int begins = 0;
  std::map<int, double> steps, exceptions;
  std::set<int> holidays, credits;
};

Fate fate_of(const KindOfYears& kind, Chance& chance) {
  Fate fate;
  const auto some_day = [&] { return static_cast<int>(chance.below(day_count)); };
  fate.shape = week_shapes[chance.below(4)];
  fate.level = std::pow(10, 3 + 3 * chance.share());  // ten to ten thousand dollars a day
  fate.day_chance = kind.seldom ? 0.5 : day_chances[chance.below(4)];
  fate.week_chance = week_chances[chance.below(3)];
  if (kind.trend) fate.trend = trends[chance.below(4)];
  for (int i = 0; i < 2 * kind.steps; ++i) fate.steps[some_day()] = step_factors[chance.below(5)];
  for (int i = 0; i < 2 * kind.exceptions; ++i)
    fate.exceptions[some_day()] = 3 + 7 * chance.share();
  for (int i = 0; i < (kind.holidays ? 20 : 0); ++i) fate.holidays.insert(some_day());
  for (int i = 0; i < 2 * kind.credits; ++i) fate.credits.insert(some_day());
  if (kind.young) fate.begins = 60 + static_cast<int>(chance.below(300));
  return fate;
}

bool new_year(Day day) {
  const year_month_day date(day);
  const auto of_month = static_cast<unsigned>(date.day());
  return (date.month() == December && of_month >= 23) || (date.month() == January && of_month <= 2);
}

}  // namespace

std::vector<BilledDay> trial_years(std::uint64_t seed, std::size_t kind_number) {
  const KindOfYears& kind = kinds_of_years.at(kind_number);
  Chance chance(seed * 1'000 + kind_number);
  const Fate fate = fate_of(kind, chance);
  const Day first = sys_days(year(2021 + static_cast<int>(chance.below(4))) / January / 1);
  std::vector<BilledDay> days;
  double wandered = 0, stepped = 1;
  for (int number = 0; number < day_count; ++number) {
    const Day day = first + std::chrono::days(number);
    if (number % 7 == 0) wandered += fate.week_chance * chance.normal();
    const double luck = std::exp(fate.day_chance * chance.normal());
    const bool rests = kind.seldom && chance.share() < 0.35;
    if (const auto step = fate.steps.find(number); step != fate.steps.end())
      stepped *= step->second;
    const double usual = fate.level * stepped * std::exp(wandered + fate.trend * number / 7);
    double cents = usual * luck * fate.shape[weekday(day).c_encoding()];
    if (rests) cents = 0;
    if (kind.holidays && (new_year(day) || fate.holidays.contains(number))) cents *= 0.35;
    if (const auto times = fate.exceptions.find(number); times != fate.exceptions.end())
      cents *= times->second;
    if (fate.credits.contains(number)) cents -= 5 * usual;
    cents = std::round(cents * 100) / 100;
    if (number >= fate.begins && cents != 0) days.push_back({day, cents});
  }
  return days;
}

}  // namespace anthropic_metrics::host
