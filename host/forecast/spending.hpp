// SPDX-License-Identifier: Apache-2.0
// The billed days of a running input, as its plugin tells them, and the month's end that follows.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "forecast/month_end.hpp"

namespace anthropic_metrics::host {

// Of one input.
struct Spending {
  std::string input;
  std::string organization;
  std::string billed_cents;  // of the month, as decimal text: not an estimate, and not rounded
  MonthEnd month;
};

// From the account that the plugin gives of the input (an entry of `inputs` on the page /status).
// If it tells no days, or not all of this month, `month.unknown` says so.
Spending spending_of(const std::string& input, const boost::json::object& details);

// Of all inputs of the page /status that collect cost. A failure if it is no such page.
Result<std::vector<Spending>> spending_in(std::string_view status_json);

// Whole cents as an amount: 123456.6 is "1234.57".
std::string amount_of(double cents);
// Exact cents as an amount, every digit kept: "123456.6" is "1234.566".
std::string amount_of(std::string_view cents);

}  // namespace anthropic_metrics::host
