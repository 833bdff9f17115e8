// SPDX-License-Identifier: Apache-2.0
// What `forecast` prints of a running host's page, and what /metrics says of it.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "catch_failure.hpp"
#include "endpoint/host_status.hpp"
#include "forecast/calendar.hpp"
#include "forecast/spending_text.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

// The account of an input that has so many days of 10 dollars before the 19th of November 2026.
json::object input(int days, const char* from = "2026-09-19") {
  json::object cents;
  const Day today = day_in("2026-11-19").value();
  for (int ago = days; ago > 0; --ago)
    cents[date_text(today - std::chrono::days(ago))] =
        ago == 1 ? "1000.0000000000000000001" : "1000";
  json::object told{{"today", "2026-11-19"}, {"from", from}, {"cents", cents}};
  return {
      {"id", "acme"},
      {"organization_id", "org-1"},
      {"streams", {{"cost", {{"health", "healthy"}, {"days", told}}}, {"usage", {{"polls", 1}}}}}};
}

std::string page(const json::object& input) {
  return json::serialize(json::object{{"health", "healthy"}, {"inputs", json::array{input}}});
}

std::string shown(const json::object& input) {
  const auto found = spending_in(page(input));
  REQUIRE(found.has_value());
  return text_of(*found);
}

}  // namespace

TEST_CASE("forecast tells what is billed, the estimate and its interval apart") {
  CHECK(shown(input(60)) ==
        R"(input acme, organization org-1
  billed in 2026-11 up to 2026-11-18: 180.000000000000000000001 USD
  estimate of the whole month, no bill: 300.00 USD
  four months in five end within: 296.94 to 303.06 USD
  days still to be billed: 12, from 8 whole weeks of days before
How far estimates are off: anthropic-metrics forecast --backtest
)");
}

TEST_CASE("forecast gives the reason instead of a number") {
  CHECK_THAT(shown(input(3)),
             ContainsSubstring("up to 2026-11-18: 30.000000000000000000001 USD\n") &&
                 ContainsSubstring("no estimate: billed days are known since") &&
                 !ContainsSubstring("within"));
  CHECK_THAT(shown(input(15, "2026-11-03")),
             ContainsSubstring("no estimate: the state begins with 2026-11-03, within the month; "
                               "collect the rest with backfill --stream cost --from 2026-11-01") &&
                 !ContainsSubstring("billed in"));
  json::object without = input(60);
  without["streams"].as_object()["cost"].as_object().erase("days");
  CHECK_THAT(shown(without), ContainsSubstring("no estimate: the input tells no billed days"));
  json::object odd = input(60);
  odd["streams"].at("cost").at("days").at("cents").as_object()["2026-11-03"] = "12 cents";
  CHECK_THAT(shown(odd), ContainsSubstring("no estimate: the input tells no billed days"));
  json::object none = input(60);
  none["streams"].as_object().erase("cost");
  CHECK(shown(none) == "no input of the running host collects cost\n");
}

TEST_CASE("forecast as JSON has decimal texts, and no estimate where there is none") {
  const auto found = spending_in(page(input(60)));
  REQUIRE(found.has_value());
  CHECK(json::parse(json_of(*found)) == json::parse(R"([{
    "input": "acme", "organization_id": "org-1", "month": "2026-11",
    "billed": {"through": "2026-11-18", "usd": "180.000000000000000000001"},
    "estimate": {"usd": "300.00", "low_usd": "296.94", "high_usd": "303.06",
                 "interval_percent": 80, "days_left": 12, "weeks_of_history": 8}}])"));
  const auto young = spending_in(page(input(3)));
  REQUIRE(young.has_value());
  const json::value told = json::parse(json_of(*young));
  CHECK_FALSE(told.at(0).as_object().contains("estimate"));
  CHECK(told.at(0).as_object().contains("no_estimate"));
}

TEST_CASE("what is no page of a host is a failure that says so") {
  for (const char* body : {"", "[]", "{}", R"({"inputs": 3})", "<html>"}) {
    const auto found = spending_in(body);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == ExitCode::not_running);
  }
}

TEST_CASE("amounts keep every digit of what is billed, and estimates are whole cents") {
  CHECK(amount_of("0") == "0.00");
  CHECK(amount_of("5") == "0.05");
  CHECK(amount_of("-1250") == "-12.50");
  CHECK(amount_of("123456.789") == "1234.56789");
  CHECK(amount_of(123456.6) == "1234.57");
  CHECK(amount_of(-5.0) == "-0.05");
  CHECK(amount_of(0.2) == "0.00");
}

TEST_CASE("metrics have the estimate under a name of its own, and none where there is none") {
  HostStatus status;
  status.inputs.push_back({.id = "acme", .output = "o", .details = input(60)});
  const std::string text = metrics_text(status);
  for (
      const char* line :
      {R"(anthropic_metrics_month_end_estimate_dollars{input="acme",organization_id="org-1",bound="estimate"} 300)",
       R"(bound="low"} 296.94)", R"(bound="high"} 303.06)"})
    CHECK_THAT(text, ContainsSubstring(line));
  status.inputs.front().details = input(3);
  CHECK_THAT(metrics_text(status), !ContainsSubstring("month_end_estimate_dollars"));
}
