// SPDX-License-Identifier: Apache-2.0
#include "forecast/spending_text.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/printable.hpp"
#include "forecast/calendar.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::string dollars(const std::string& amount) {
  return grouped(amount) + " USD";
}

std::string heading(const Spending& spending) {
  std::string text = "input " + spending.input;
  if (!spending.organization.empty()) text += ", organization " + spending.organization;
  return text + "\n";
}

std::string lines_of(const Spending& spending) {
  const MonthEnd& month = spending.month;
  std::string text = heading(spending);
  if (!spending.billed_cents.empty())
    text += fmt::format("  billed in {} up to {}: {}\n", date_text(month.month).substr(0, 7),
                        date_text(month.billed_through), dollars(amount_of(spending.billed_cents)));
  if (!month.unknown.empty()) return text + "  no estimate: " + month.unknown + "\n";
  text += fmt::format("  estimate of the whole month, no bill: {}\n",
                      dollars(amount_of(month.estimate)));
  text += fmt::format("  four months in five end within: {} to {}\n", grouped(amount_of(month.low)),
                      dollars(amount_of(month.high)));
  return text + fmt::format("  days still to be billed: {}, from {} whole weeks of days before\n",
                            month.days_left, month.weeks);
}

json::object object_of(const Spending& spending) {
  const MonthEnd& month = spending.month;
  json::object out{{"input", spending.input}, {"organization_id", spending.organization}};
  if (!spending.billed_cents.empty()) {
    out["month"] = date_text(month.month).substr(0, 7);
    out["billed"] = json::object{{"through", date_text(month.billed_through)},
                                 {"usd", amount_of(spending.billed_cents)}};
  }
  if (!month.unknown.empty()) {
    out["no_estimate"] = month.unknown;
    return out;
  }
  out["estimate"] =
      json::object{{"usd", amount_of(month.estimate)},  {"low_usd", amount_of(month.low)},
                   {"high_usd", amount_of(month.high)}, {"interval_percent", interval_percent},
                   {"days_left", month.days_left},      {"weeks_of_history", month.weeks}};
  return out;
}

}  // namespace

std::string text_of(const std::vector<Spending>& inputs) {
  if (inputs.empty()) return "no input of the running host collects cost\n";
  std::string text;
  for (const Spending& spending : inputs) text += lines_of(spending);
  text += "How far estimates are off: anthropic-metrics forecast --backtest\n";
  return printable_lines(text);
}

std::string json_of(const std::vector<Spending>& inputs) {
  json::array all;
  for (const Spending& spending : inputs) all.push_back(object_of(spending));
  return json::serialize(all) + "\n";
}

}  // namespace anthropic_metrics::host
