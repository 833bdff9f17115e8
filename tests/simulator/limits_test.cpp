// SPDX-License-Identifier: Apache-2.0
// Limits of workspaces beside those of the organization, and spend limits.
#include <map>
#include <set>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

const std::string root = "/v1/organizations/";
const Headers beta{{"anthropic-beta", "something-else-2026-01-01,spend-limit-reads-2026-09-26"}};

json::array spend_limits(Simulator& simulator, const std::string& query = "") {
  return ask(simulator, root + "spend_limits?limit=1000" + query, beta).at("data").as_array();
}

}  // namespace

TEST_CASE("With what is inherited, a workspace has every group of the organization") {
  Options options = calm_options();
  options.workspaces = 40;
  Simulator simulator(options);
  std::map<std::string, int> kinds;
  const auto organization = data_of(simulator, root + "rate_limits");
  for (const auto& workspace : simulator.organization().workspaces) {
    const auto entries = data_of(
        simulator, root + "workspaces/" + workspace.id + "/rate_limits?include_inherited=true");
    REQUIRE(entries.size() == organization.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto* of_organization = organization[i].as_object().if_contains("id");
      if (of_organization != nullptr) CHECK(entries[i].at("rate_limit_id") == *of_organization);
      for (const auto& limit : entries[i].at("limits").as_array()) {
        const bool own = limit.at("source").at("type") == "workspace";
        const json::value& above = limit.at("org_limit");
        if (!own) CHECK(limit.at("value") == above);
        if (own && above.is_null()) ++kinds["type that the organization has not"];
        if (own && above.is_int64())
          ++kinds[limit.at("value").as_int64() > above.as_int64() ? "without effect" : "lower"];
      }
    }
  }
  CHECK(kinds.size() == 3);
  CHECK_FALSE(refusal(simulator,
                      get(root + "workspaces/" + simulator.organization().workspaces[1].id +
                          "/rate_limits?model=claude-opus-5"),
                      400)
                  .empty());
}

TEST_CASE("Where a limit comes from was not said before the end of September 2026") {
  Options options = calm_options();
  options.epoch = time("2026-09-27T12:00:00Z");
  Simulator simulator(options);
  const std::string target = root + "workspaces/" + simulator.organization().workspaces[1].id +
                             "/rate_limits?include_inherited=true";
  const auto says_source = [&] {
    return data_of(simulator, target)[0].at("limits").at(0).as_object().contains("source");
  };
  CHECK_FALSE(says_source());
  simulator.advance(std::chrono::days{1});
  CHECK(says_source());
}

TEST_CASE("Spend limits need their beta header, and come in the scopes of the organization") {
  Simulator console(calm_options());
  CHECK(refusal(console, get(root + "spend_limits"), 400).find("spend-limit-reads-2026-09-26") !=
        std::string::npos);
  std::set<std::string> scopes;
  std::set<bool> capped;
  for (const auto& limit : spend_limits(console)) {
    scopes.insert(text(limit.at("scope").at("type")));
    capped.insert(limit.at("amount").is_string());
    if (limit.at("amount").is_string())
      CHECK(text(limit.at("amount")).find_first_not_of("0123456789") == std::string::npos);
  }
  CHECK(scopes == std::set<std::string>{"organization", "usage_tier", "workspace"});
  CHECK_FALSE(refusal(console, get(root + "spend_limits?scope_type[]=user", beta), 400).empty());
  CHECK_FALSE(refusal(console, get(root + "spend_limits?scope_type[]=planet", beta), 400).empty());
  const std::string workspace = console.organization().workspaces[2].id;
  REQUIRE(spend_limits(console, "&workspace_id=" + workspace).size() == 1);

  Options options = calm_options();
  options.kind = OrganizationKind::enterprise;
  Simulator enterprise(options);
  scopes.clear();
  for (const auto& limit : spend_limits(enterprise)) {
    scopes.insert(text(limit.at("scope").at("type")));
    if (limit.at("scope").at("type") == "user")
      CHECK(limit.at("scope").as_object().contains("user_id"));
  }
  CHECK(scopes == std::set<std::string>{"organization", "organization_service", "rbac_group",
                                        "seat_tier", "user"});
  CHECK_FALSE(
      refusal(enterprise, get(root + "spend_limits?workspace_id=" + workspace, beta), 400).empty());
}

TEST_CASE("Budgets change, and say when they did, except the cap that is not the organization's") {
  Options options = calm_options();
  options.directory_change_rate = 0.5;
  options.workspaces = 20;
  Simulator simulator(options);
  const auto before = spend_limits(simulator);
  simulator.advance(std::chrono::days{21});
  const auto after = spend_limits(simulator);
  REQUIRE(after.size() == before.size());
  int changed = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].at("id") == before[i].at("id"));
    if (after[i].at("amount") == before[i].at("amount")) continue;
    ++changed;
    const bool tier = after[i].at("scope").at("type") == "usage_tier";
    CHECK((after[i].at("updated_at") == before[i].at("updated_at")) == tier);
  }
  CHECK(changed > 5);
}
