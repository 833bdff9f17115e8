// SPDX-License-Identifier: Apache-2.0
// The lists that name things: how they page, what they hide unless asked, and how they change.
#include <algorithm>
#include <map>
#include <set>

#include "simulator/directory_data.hpp"
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

const std::string root = "/v1/organizations/";

/// Everything, in which names and keys change.
Options lively_options() {
  Options options = calm_options();
  options.directory_change_rate = 0.2;
  options.workspaces = 30;
  return options;
}

Request with(const std::string& target, Headers headers) {
  headers.emplace_back("anthropic-version", "2023-06-01");
  return {"GET", root + target, std::move(headers), ""};
}

Headers bearer() {
  return {{"authorization", std::string("Bearer ") + default_oauth_token}};
}

/// Everything on pages of so many.
std::set<std::string> walk(Simulator& simulator, const std::string& target) {
  std::set<std::string> seen;
  std::string after;
  for (bool more = true; more;) {
    const json::value page = ask(simulator, target + after);
    for (const auto& entry : page.at("data").as_array())
      CHECK(seen.insert(text(entry.at("id"))).second);
    more = page.at("has_more").as_bool();
    if (more) after = "&after_id=" + text(page.at("last_id"));
  }
  return seen;
}

}  // namespace

TEST_CASE("Lists have twenty entries on a page unless asked, and page both ways by id") {
  Simulator simulator(lively_options());
  const json::value page = ask(simulator, root + "workspaces");
  REQUIRE(page.at("data").as_array().size() == 20);
  CHECK(page.at("has_more").as_bool());
  CHECK(page.at("first_id") == page.at("data").at(0).at("id"));
  const json::value back =
      ask(simulator, root + "workspaces?before_id=" + text(page.at("last_id")));
  CHECK(back.at("data").as_array().size() == 19);
  CHECK_FALSE(back.at("has_more").as_bool());

  CHECK(walk(simulator, root + "workspaces?limit=7").size() == 29);
  CHECK(walk(simulator, root + "workspaces?limit=7&include_archived=true").size() == 30);
  CHECK(walk(simulator, root + "workspaces?limit=1000&include_archived=true&include_default=true")
            .size() == 31);
  CHECK(walk(simulator, root + "users?limit=3").size() ==
        data_of(simulator, root + "users?limit=1000").size());
  CHECK_FALSE(refusal(simulator, get(root + "workspaces?limit=1001"), 400).empty());
  CHECK_FALSE(refusal(simulator, get(root + "workspaces?include_archived=yes"), 400).empty());
  CHECK_FALSE(refusal(simulator, get(root + "users?include_archived=true"), 400).empty());
}

TEST_CASE("Workspaces are chosen by id, and the flags still apply") {
  Simulator simulator(calm_options());
  const auto& workspaces = simulator.organization().workspaces;
  const std::string both =
      root + "workspaces?ids[]=" + workspaces[0].id + "&ids[]=" + workspaces[2].id;
  CHECK(walk(simulator, both) == std::set{workspaces[2].id});
  CHECK(walk(simulator, both + "&include_default=true").size() == 2);
}

TEST_CASE("Allowed geos are a text or a list, and tags a map") {
  Simulator simulator(lively_options());
  std::set<bool> is_list, has_tags;
  for (const auto& entry : data_of(simulator, root + "workspaces?limit=1000")) {
    const json::value& residency = entry.at("data_residency");
    const json::value& allowed = residency.at("allowed_inference_geos");
    is_list.insert(allowed.is_array());
    if (!allowed.is_array()) CHECK(allowed == "unrestricted");
    has_tags.insert(!entry.at("tags").as_object().empty());
  }
  CHECK(is_list.size() == 2);
  CHECK(has_tags.size() == 2);
}

TEST_CASE("Names and tags change at noon and midnight, ids never do") {
  Simulator simulator(lively_options());
  const std::string target =
      root + "workspaces?limit=1000&include_archived=true&include_default=true";
  std::map<std::string, std::set<std::string>> names;
  std::set<std::string> tags;
  std::string noon;
  for (int half_day = 0; half_day < 60; ++half_day) {
    const std::string now = simulator.handle(get(target)).response.body;
    for (const auto& entry : data_of(simulator, target)) {
      names[text(entry.at("id"))].insert(text(entry.at("name")));
      tags.insert(json::serialize(entry.at("tags")));
    }
    simulator.advance(std::chrono::hours{11});
    CHECK(simulator.handle(get(target)).response.body == now);
    simulator.advance(std::chrono::hours{1});
  }
  std::size_t renamed = 0;
  for (const auto& [id, seen] : names) renamed += seen.size() > 1 ? 1U : 0U;
  CHECK(names.size() == 31);
  CHECK(renamed > 5);
  CHECK(names.at(simulator.organization().workspaces[0].id) == std::set<std::string>{"Default"});
  CHECK(tags.size() > 8);
}

TEST_CASE("An archived workspace is still named, and what was used by its keys too") {
  Options options = calm_options();
  options.epoch = time("2026-05-10T00:00:00Z");
  Simulator simulator(options);
  const auto& sandbox = simulator.organization().workspaces[5];
  CHECK(walk(simulator, root + "workspaces?limit=20").contains(sandbox.id));
  CHECK(data_of(simulator, root + "api_keys?status=archived").empty());

  simulator.advance(std::chrono::days{10});

  CHECK_FALSE(walk(simulator, root + "workspaces?limit=20").contains(sandbox.id));
  CHECK(walk(simulator, root + "workspaces?include_archived=true").contains(sandbox.id));
  CHECK(data_of(simulator, root + "api_keys?status=archived").size() == 2);
}

TEST_CASE("Keys are made, expire, and have creators, principals and scopes of both kinds") {
  Simulator simulator(lively_options());
  std::map<std::string, int> status, creators, principals, scopes;
  const std::string target = root + "api_keys?limit=1000";
  const json::array keys = data_of(simulator, target);
  for (const auto& key : keys) {
    ++status[text(key.at("status"))];
    ++creators[key.at("created_by").is_null() ? "" : text(key.at("created_by").at("type"))];
    ++principals[key.at("principal").is_null() ? "" : text(key.at("principal").at("type"))];
    ++scopes[text(key.at("scope").at("type"))];
    // The default workspace is null where it was before, and itself in the scope.
    const auto* scope = key.at("scope").as_object().if_contains("workspace_id");
    if (key.at("workspace_id").is_null() && scope != nullptr)
      CHECK(text(*scope) == simulator.organization().workspaces[0].id);
    if (key.at("status") == "expired") CHECK_FALSE(key.at("expires_at").is_null());
  }
  CHECK(status["active"] > 0);
  CHECK(status["expired"] > 0);
  CHECK(creators.size() == 3);
  CHECK(principals.size() == 3);
  CHECK(scopes.size() == 2);

  simulator.advance(std::chrono::days{60});
  const json::array later = data_of(simulator, target);
  CHECK(later.size() > keys.size());
  int expired = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    REQUIRE(later[i].at("id") == keys[i].at("id"));
    expired += keys[i].at("status") == "active" && later[i].at("status") == "expired" ? 1 : 0;
  }
  CHECK(expired > 0);
}

TEST_CASE("The newer version no longer sends a key's workspace beside its scope") {
  Simulator simulator(calm_options());
  Request request = get(root + "api_keys");
  CHECK(body_of(simulator.handle(request)).at("data").at(0).as_object().contains("workspace_id"));
  request.headers[1].second = "2026-10-21";
  const json::value key = body_of(simulator.handle(request)).at("data").at(0);
  CHECK_FALSE(key.as_object().contains("workspace_id"));
  CHECK(key.at("scope").at("type") == "workspace");
}

TEST_CASE("People come and go, and those with usage are among them") {
  Simulator simulator(lively_options());
  const auto before = walk(simulator, root + "users?limit=1000");
  for (std::uint64_t i = 0; i < callers; ++i)
    CHECK(before.contains(person_id(simulator.options(), i)));
  simulator.advance(std::chrono::days{200});
  const auto after = walk(simulator, root + "users?limit=1000");
  CHECK(std::any_of(before.begin(), before.end(),
                    [&](const auto& id) { return !after.contains(id); }));
  CHECK(std::any_of(after.begin(), after.end(),
                    [&](const auto& id) { return !before.contains(id); }));

  const auto developers = data_of(simulator, root + "users?limit=1000&roles[]=developer");
  REQUIRE_FALSE(developers.empty());
  for (const auto& user : developers) CHECK(user.at("role") == "developer");
  CHECK(data_of(simulator, root + "users?email=ann@example.org").size() == 1);
}

TEST_CASE("Service accounts open to OAuth alone, and page by token") {
  Simulator simulator(calm_options());
  CHECK(refusal(simulator, get(root + "service_accounts"), 403).find("org:admin") !=
        std::string::npos);
  std::set<std::string> seen;
  std::string page_parameter;
  for (;;) {
    const Reply reply = simulator.handle(
        with("service_accounts?include_archived=true&limit=3" + page_parameter, bearer()));
    REQUIRE(reply.response.status == 200);
    const json::value page = body_of(reply);
    for (const auto& entry : page.at("data").as_array()) seen.insert(text(entry.at("id")));
    if (page.at("next_page").is_null()) break;
    page_parameter = "&page=" + text(page.at("next_page"));
  }
  CHECK(seen.size() == 4);
  const Reply live = simulator.handle(with("service_accounts", bearer()));
  CHECK(body_of(live).at("data").as_array().size() == 3);
}

TEST_CASE("An Enterprise key opens what its scopes say, and a refusal names held and needed") {
  Options options = calm_options();
  options.kind = OrganizationKind::any;
  options.enterprise_scopes = {"read:spend_limits"};
  Simulator simulator(options);
  const Headers key{{"x-api-key", default_enterprise_key}};
  const std::string message = refusal(simulator, with("users", key), 403);
  CHECK(message.find("read:members") != std::string::npos);
  CHECK(message.find("read:spend_limits") != std::string::npos);
  CHECK_FALSE(refusal(simulator, with("workspaces", key), 403).empty());
  Request limits = with("spend_limits", key);
  limits.headers.emplace_back("anthropic-beta", "spend-limit-reads-2026-09-26");
  CHECK(simulator.handle(limits).response.status == 200);
  CHECK_FALSE(refusal(simulator, with("me", {{"authorization", "Bearer other"}}), 401).empty());

  options.enterprise_scopes = {"read:org_audit"};
  Simulator auditor(options);
  CHECK(auditor.handle(with("users", key)).response.status == 200);
}

TEST_CASE("What does not fit the kind of organization is a 400 with its own code") {
  Options options = calm_options();
  options.spend_limits = false;
  Simulator console(options);
  Request limits = get(root + "spend_limits");
  limits.headers.emplace_back("anthropic-beta", "spend-limit-reads-2026-09-26");
  CHECK_FALSE(refusal(console, limits, 400).empty());
  CHECK(body_of(console.handle(limits)).at("error").at("details").at("error_code") ==
        "organization_type_not_supported");
  options.kind = OrganizationKind::enterprise;
  Simulator enterprise(options);
  CHECK_FALSE(refusal(enterprise, get(root + "workspaces"), 400).empty());
  CHECK(enterprise.handle(limits).response.status == 200);
}
