// SPDX-License-Identifier: Apache-2.0
// The truth about money: exact, consistent across groupings, derived from usage but not only.
#include <set>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

CostQuery days(std::string_view start, std::string_view end, bool by_workspace,
               bool by_description) {
  return {time(start), time(end), by_workspace, by_description};
}

Amount total(const std::vector<CostSum>& sums) {
  Amount result;
  for (const CostSum& sum : sums) result += sum.amount;
  return result;
}

}  // namespace

TEST_CASE("The sum of costs does not depend on the grouping, to the last digit") {
  Options options;
  options.seed = 21;
  INFO("seed " << options.seed);
  const Simulator simulator(options);
  auto sum = [&](bool by_workspace, bool by_description) {
    return format_amount(total(simulator.cost(
        days("2026-10-28T00:00:00Z", "2026-11-04T00:00:00Z", by_workspace, by_description),
        simulator.now())));
  };

  const std::string ungrouped = sum(false, false);

  CHECK(ungrouped.find('.') != std::string::npos);
  CHECK(ungrouped.size() - ungrouped.find('.') > 8);
  CHECK(sum(true, false) == ungrouped);
  CHECK(sum(false, true) == ungrouped);
  CHECK(sum(true, true) == ungrouped);
}

TEST_CASE("The cost report has the documented rows and nulls") {
  Simulator simulator(calm_options());
  const json::value page = ask(simulator, cost_path +
                                              "?limit=31&starting_at=2026-10-20T00:00:00Z&group_by["
                                              "]=workspace_id&group_by[]=description");
  std::set<std::string> cost_types, token_types, tiers;
  bool default_workspace = false;
  for (const auto& bucket : page.at("data").as_array()) {
    for (const auto& row : bucket.at("results").as_array()) {
      CHECK(row.at("currency") == "USD");
      REQUIRE(parse_amount(text(row.at("amount"))));
      cost_types.insert(text(row.at("cost_type")));
      default_workspace |= row.at("workspace_id").is_null();
      const bool tokens = row.at("cost_type") == "tokens";
      for (const char* name :
           {"token_type", "model", "service_tier", "context_window", "inference_geo"}) {
        CHECK(row.at(name).is_string() == tokens);
      }
      if (!tokens) continue;
      token_types.insert(text(row.at("token_type")));
      tiers.insert(text(row.at("service_tier")));
    }
  }
  CHECK(cost_types ==
        std::set<std::string>{"tokens", "web_search", "code_execution", "session_usage"});
  CHECK(token_types.size() == 5);
  CHECK(tiers == std::set<std::string>{"standard", "batch"});  // priority tier is never in costs
  CHECK(default_workspace);
}

TEST_CASE("Without the description everything but the workspace is null") {
  Simulator simulator(calm_options());
  const auto rows =
      ask(simulator, cost_path + "?starting_at=2026-11-03T00:00:00Z&group_by[]=workspace_id")
          .at("data")
          .at(0)
          .at("results")
          .as_array();
  CHECK(rows.size() > 1);
  for (const auto& row : rows) {
    for (const char* name : {"description", "cost_type", "token_type", "model", "service_tier",
                             "context_window", "inference_geo"}) {
      CHECK(row.at(name).is_null());
    }
  }
  const auto ungrouped = ask(simulator, cost_path + "?starting_at=2026-11-03T00:00:00Z")
                             .at("data")
                             .at(0)
                             .at("results")
                             .as_array();
  REQUIRE(ungrouped.size() == 1);
  CHECK(ungrouped[0].at("workspace_id").is_null());
}

TEST_CASE("Web searches cost one cent each") {
  const Simulator simulator(calm_options());
  UsageQuery usage{time("2026-11-03T00:00:00Z"), time("2026-11-04T00:00:00Z"), Width::day, {}, {}};
  usage.group_by.set(index(Dimension::service_tier));
  std::int64_t searches = 0;
  for (const auto& row : simulator.usage(usage, simulator.now())) {
    if (row.dimension(Dimension::service_tier) != "priority")
      searches += row.counters[web_searches];
  }
  Amount cost;
  for (const auto& row : simulator.cost(
           days("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", false, true), simulator.now())) {
    if (row.key.cost_type == "web_search") cost += row.amount;
  }
  CHECK(searches > 0);
  CHECK(format_amount(cost) == std::to_string(searches));
}

TEST_CASE("Costs are restated after the fact, and only when told to") {
  Options options = calm_options();
  const Simulator calm(options);
  options.restate_rate = 0.3;
  const Simulator restated(options);
  const auto day = days("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", true, true);

  CHECK(total(calm.cost(day, time("2026-11-03T00:00:00Z"))) ==
        total(calm.cost(day, time("2026-12-03T00:00:00Z"))));
  const Amount first = total(restated.cost(day, time("2026-11-03T00:00:00Z")));
  const Amount settled = total(restated.cost(day, time("2026-11-06T00:00:00Z")));
  CHECK_FALSE(first == settled);
  CHECK(settled == total(restated.cost(day, time("2026-12-03T00:00:00Z"))));
}
