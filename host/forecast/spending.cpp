// SPDX-License-Identifier: Apache-2.0
#include "forecast/spending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

#include "base/decimal.hpp"
#include "forecast/calendar.hpp"
#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// What the plugin says under streams.cost.days.
struct Told {
  Day today, from;
  std::vector<BilledDay> days;
  Decimal of_month;
};

std::optional<Told> told_in(const json::object& of) {
  const auto today = day_in(text_in(of, "today")), from = day_in(text_in(of, "from"));
  const json::object* cents = object_in(of, "cents");
  if (!today || !from || cents == nullptr) return std::nullopt;
  Told told{*today, *from, {}, {}};
  for (const auto& [key, value] : *cents) {
    const auto day = day_in(std::string_view(key.data(), key.size()));
    const auto amount = Decimal::parse(text_in(*cents, key));
    if (!day || !amount) return std::nullopt;
    const std::string text = amount->text();
    BilledDay& billed = told.days.emplace_back(BilledDay{*day, 0});
    std::from_chars(text.data(), text.data() + text.size(), billed.cents);
    if (*day >= month_of(*today) && *day < *today) told.of_month = told.of_month + *amount;
  }
  std::sort(told.days.begin(), told.days.end(),
            [](const BilledDay& a, const BilledDay& b) { return a.day < b.day; });
  return told;
}

const json::object* days_in(const json::object& details) {
  const json::object* streams = object_in(details, "streams");
  const json::object* cost = streams == nullptr ? nullptr : object_in(*streams, "cost");
  return cost == nullptr ? nullptr : object_in(*cost, "days");
}

}  // namespace

Spending spending_of(const std::string& input, const json::object& details) {
  Spending spending;
  spending.input = input;
  spending.organization = text_in(details, "organization_id");
  const json::object* days = days_in(details);
  const auto told = days == nullptr ? std::nullopt : told_in(*days);
  if (!told) {
    spending.month.unknown =
        "the input tells no billed days: it has no state directory, has not reached the service "
        "yet, or still reads its state; ask again";
    return spending;
  }
  spending.month = month_end(told->days, told->today);
  spending.billed_cents = told->of_month.text();
  if (told->from > spending.month.month) {
    spending.billed_cents.clear();
    spending.month.unknown = fmt::format(
        "the state begins with {}, within the month; collect the rest with backfill "
        "--stream cost --from {}",
        date_text(told->from), date_text(spending.month.month));
  }
  return spending;
}

Result<std::vector<Spending>> spending_in(std::string_view status_json) {
  boost::system::error_code error;
  const json::value value =
      json::parse(json::string_view(status_json.data(), status_json.size()), error);
  const json::object* status = error ? nullptr : value.if_object();
  const json::value* inputs = status == nullptr ? nullptr : value_in(*status, "inputs");
  if (inputs == nullptr || !inputs->is_array())
    return Failure{ExitCode::not_running,
                   {"what answers there is no anthropic-metrics; name its endpoint with --url, or "
                    "its policy with -c"}};
  std::vector<Spending> found;
  for (const json::value& input : inputs->get_array()) {
    const json::object* details = input.if_object();
    const json::object* streams = details == nullptr ? nullptr : object_in(*details, "streams");
    if (streams == nullptr || value_in(*streams, "cost") == nullptr) continue;
    found.push_back(spending_of(text_in(*details, "id"), *details));
  }
  return found;
}

std::string amount_of(double cents) {
  const long long whole = std::llround(cents);
  const long long size = whole < 0 ? -whole : whole;
  return fmt::format("{}{}.{:02}", whole < 0 ? "-" : "", size / 100, size % 100);
}

std::string amount_of(std::string_view cents) {
  const auto amount = Decimal::parse(std::string(cents) + "e-2");
  std::string text = amount ? amount->text() : std::string(cents);
  // At least whole cents, as amounts are written.
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text + ".00";
  if (text.size() - point == 2) text += '0';
  return text;
}

}  // namespace anthropic_metrics::host
