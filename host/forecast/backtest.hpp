// SPDX-License-Identifier: Apache-2.0
// How far estimates of a month's end are off, measured: on each day of simulated years the estimate
// of that day is held against what the month cost.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "forecast/trial_years.hpp"

namespace anthropic_metrics::host {

// Other seeds than those on which the width of the interval was found.
inline constexpr std::array<std::uint64_t, 8> shipped_seeds{11, 23, 37, 41, 59, 67, 83, 97};

struct ErrorRow {
  std::string of;  // a day of the month, or a kind of years
  std::size_t estimates = 0;
  std::size_t none = 0;          // times that there was too little to say anything
  double median = 0, worst = 0;  // of the error, in per cent of what the month cost: half and nine
                                 // in ten were no further off
  double within = 0;             // per cent of the months that ended within the interval
  double width = 0;              // median of half the interval, in per cent of the estimate
};

struct Backtest {
  std::size_t years = 0;
  std::vector<ErrorRow> by_day;   // of the month, on its morning: the days before it are billed
  std::vector<ErrorRow> by_kind;  // over all days of the month
  ErrorRow all;
};

Backtest backtest(const std::vector<std::uint64_t>& seeds);

// As tables for a terminal. docs/operations.md shows them, and a test compares.
std::string text_of(const Backtest& test);

}  // namespace anthropic_metrics::host
