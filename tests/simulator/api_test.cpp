// SPDX-License-Identifier: Apache-2.0
// Who may ask, what comes with every answer, and the endpoints that name things.
#include <set>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

const std::string root = "/v1/organizations/";

Request with_headers(Headers headers) {
  return {"GET", root + "me", std::move(headers), ""};
}

}  // namespace

TEST_CASE("Only an Admin key opens the API, and no answer repeats a key") {
  Simulator simulator(calm_options());
  const std::pair<std::string, std::string> version{"anthropic-version", "2023-06-01"};
  CHECK(refusal(simulator, with_headers({version}), 401) == "x-api-key header is required");
  CHECK(refusal(simulator, with_headers({{"x-api-key", "sk-ant-admin01-other"}, version}), 401) ==
        "invalid x-api-key");
  CHECK(refusal(simulator, with_headers({{"X-Api-Key", "sk-ant-api03-standard"}, version}), 403)
            .find("Admin") != std::string::npos);
  const Request request =
      with_headers({{"X-API-KEY", default_admin_key}, {"Anthropic-Version", "2023-06-01"}});
  CHECK(simulator.handle(request).response.status == 200);
  const Reply log = simulator.handle({"GET", "/_simulator/requests", {}, ""});
  CHECK(log.response.body.find("sk-ant") == std::string::npos);
  CHECK(body_of(log).at("requests").as_array().size() == 4);
}

TEST_CASE("The version header is required and must be known") {
  Simulator simulator(calm_options());
  CHECK(refusal(simulator, with_headers({{"x-api-key", default_admin_key}}), 400) ==
        "anthropic-version: header is required");
  const Request future =
      with_headers({{"x-api-key", default_admin_key}, {"anthropic-version", "2031-01-01"}});
  CHECK(refusal(simulator, future, 400).starts_with("anthropic-version: "));
}

TEST_CASE("Every answer carries the virtual date, a request id of its own and the organization") {
  Simulator simulator(calm_options());
  std::set<std::string> ids;
  for (const Request& request : {get(root + "me"), get(root + "nonsense"), with_headers({})}) {
    const Headers headers = simulator.handle(request).response.headers;
    CHECK(find_header(headers, "Date") == "Wed, 04 Nov 2026 12:00:00 GMT");
    CHECK(find_header(headers, "Content-Type") == "application/json");
    CHECK(find_header(headers, "Anthropic-Organization-Id") == simulator.organization().id);
    ids.emplace(find_header(headers, "request-id").value());
  }
  CHECK(ids.size() == 3);

  simulator.advance(std::chrono::hours{1});

  CHECK(find_header(simulator.handle(get(root + "me")).response.headers, "date") ==
        "Wed, 04 Nov 2026 13:00:00 GMT");
}

TEST_CASE("Unknown paths are 404 and other methods 405") {
  Simulator simulator(calm_options());
  for (const char* path : {"/", "/v1/messages", "/v1/organizations/",
                           "/v1/organizations/workspaces/", "/v1/organizations/workspaces/a/b",
                           "/v1/organizations/workspaces/wrkspc_unknown", "/_simulator/nonsense"}) {
    INFO(path);
    CHECK_FALSE(refusal(simulator, get(path), 404).empty());
  }
  Request post = get(root + "me");
  post.method = "POST";
  const Reply reply = simulator.handle(post);
  CHECK(reply.response.status == 405);
  CHECK(find_header(reply.response.headers, "allow") == "GET");
}

TEST_CASE("Bodies are compressed for those who accept it, errors included") {
  Simulator simulator(calm_options());
  for (const std::string& target :
       {usage_path + "?starting_at=2026-11-01T00:00:00Z", root + "nonsense"}) {
    const Response plain = simulator.handle(get(target)).response;
    CHECK_FALSE(find_header(plain.headers, "content-encoding"));

    const Response packed =
        simulator.handle(get(target, {{"Accept-Encoding", "gzip, deflate"}})).response;

    CHECK(find_header(packed.headers, "content-encoding") == "gzip");
    const auto unpacked = gunzip(packed.body);
    REQUIRE(unpacked);
    if (plain.status == 200) CHECK(*unpacked == plain.body);
    CHECK_FALSE(gunzip(packed.body.substr(0, packed.body.size() / 2)));
  }
}

TEST_CASE("Workspaces are listed without the default one, which can be fetched by id") {
  Simulator simulator(calm_options());
  const auto& workspaces = simulator.organization().workspaces;

  const auto live = ask(simulator, root + "workspaces").at("data").as_array();
  const auto all = ask(simulator, root + "workspaces?include_archived=true").at("data").as_array();

  CHECK(all.size() == workspaces.size() - 1);
  CHECK(live.size() == all.size() - 1);
  for (const auto& workspace : all)
    CHECK(workspace.at("id") != json::value(json::string(workspaces[0].id)));
  CHECK(ask(simulator, root + "workspaces/" + workspaces[0].id).at("name") == "Default");
}

TEST_CASE("Lists page by the last id") {
  Simulator simulator(calm_options());
  std::set<std::string> seen;
  std::string after;
  for (bool more = true; more;) {
    const json::value page = ask(simulator, root + "api_keys?limit=5" + after);
    for (const auto& key : page.at("data").as_array()) seen.insert(text(key.at("id")));
    more = page.at("has_more").as_bool();
    after = "&after_id=" + text(page.at("last_id"));
  }
  CHECK(seen.size() == simulator.organization().api_keys.size());
  CHECK(refusal(simulator, get(root + "api_keys?after_id=apikey_unknown"), 400)
            .starts_with("after_id: "));
  CHECK(refusal(simulator, get(root + "api_keys?status=lost"), 400).starts_with("status: "));
  for (const auto& key : data_of(simulator, root + "api_keys?status=archived"))
    CHECK(key.at("status") == "archived");
}

TEST_CASE(
    "Rate limits come with and without id and group, with models, batch and an unknown limiter") {
  Simulator simulator(calm_options());
  const json::value page = ask(simulator, root + "rate_limits");
  CHECK(page.at("next_page").is_null());
  CHECK_FALSE(page.as_object().contains("has_more"));
  int named = 0, unnamed = 0, unknown = 0;
  for (const auto& entry : page.at("data").as_array()) {
    CHECK(entry.at("type") == "rate_limit");
    (entry.as_object().contains("group") ? named : unnamed) += 1;
    CHECK(entry.at("models").is_array() == (entry.at("group_type") == "model_group"));
    for (const auto& limit : entry.at("limits").as_array())
      unknown += limit.at("type") == "simulated_future_limiter" ? 1 : 0;
  }
  CHECK(named > 0);
  CHECK(unnamed > 1);
  CHECK(unknown == 1);

  CHECK(ask(simulator, root + "rate_limits?model=claude-opus-5").at("data").as_array().size() == 1);
  CHECK(refusal(simulator, get(root + "rate_limits?model=claude-unknown"), 404)
            .starts_with("model: "));
  CHECK(ask(simulator, root + "rate_limits?group_type=batch").at("data").at(0).at("group_type") ==
        "batch");
}

TEST_CASE("Rate limits page by token when a limit is given") {
  Simulator simulator(calm_options());
  const std::size_t all = ask(simulator, root + "rate_limits").at("data").as_array().size();
  std::size_t seen = 0;
  std::string page_parameter;
  for (;;) {
    const json::value page = ask(simulator, root + "rate_limits?limit=3" + page_parameter);
    seen += page.at("data").as_array().size();
    if (page.at("next_page").is_null()) break;
    page_parameter = "&page=" + text(page.at("next_page"));
  }
  CHECK(seen == all);
  CHECK(refusal(simulator, get(root + "rate_limits?limit=4" + page_parameter), 400)
            .starts_with("page: "));
}

TEST_CASE("Rate limits change over virtual time when told to, and only at half days") {
  Options options = calm_options();
  options.limit_change_rate = 0.5;
  Simulator simulator(options);
  const std::string first = simulator.handle(get(root + "rate_limits")).response.body;
  simulator.advance(std::chrono::hours{11});
  CHECK(simulator.handle(get(root + "rate_limits")).response.body == first);
  simulator.advance(std::chrono::hours{1});
  CHECK(simulator.handle(get(root + "rate_limits")).response.body != first);
}

TEST_CASE("A workspace lists its overrides, and the rest only when asked") {
  Simulator simulator(calm_options());
  std::size_t overrides = 0;
  for (const auto& workspace : simulator.organization().workspaces) {
    const std::string target = root + "workspaces/" + workspace.id + "/rate_limits";
    for (const auto& entry : data_of(simulator, target)) {
      ++overrides;
      CHECK(entry.at("type") == "workspace_rate_limit");
      for (const auto& limit : entry.at("limits").as_array())
        CHECK(limit.at("source").at("type") == "workspace");
    }
    const std::size_t groups = data_of(simulator, root + "rate_limits").size();
    CHECK(data_of(simulator, target + "?include_inherited=true").size() == groups);
    if (workspace.name == "Default") CHECK(data_of(simulator, target).empty());
  }
  CHECK(overrides > 0);
}

TEST_CASE("The newer version sends group without group_type") {
  Simulator simulator(calm_options());
  Request request = get(root + "rate_limits");
  request.headers[1].second = "2026-10-21";
  const json::value entry = body_of(simulator.handle(request)).at("data").at(0);
  CHECK_FALSE(entry.as_object().contains("group_type"));
  CHECK(entry.at("group").at("type") == "model_group");
}

TEST_CASE("The truth endpoint answers for any time, on one page") {
  Options options;
  Simulator simulator(options);
  const std::string query =
      "starting_at=2026-10-01T00:00:00Z&ending_at=2026-11-01T00:00:00Z&bucket_width=1h&group_by[]="
      "model";
  const json::value truth =
      body_of(simulator.handle({"GET", "/_simulator/truth?stream=usage&" + query, {}, ""}));
  CHECK(truth.at("as_of") == "2026-11-04T12:00:00Z");
  CHECK(truth.at("data").as_array().size() == 744);
  CHECK_FALSE(truth.at("has_more").as_bool());

  const json::value cost = body_of(simulator.handle(
      {"GET",
       "/_simulator/truth?stream=cost&starting_at=2026-10-01T00:00:00Z&as_of=2026-10-20T01:00:00Z",
       {},
       ""}));
  CHECK(cost.at("data").as_array().size() == 19);
}

TEST_CASE("Virtual time is advanced over HTTP") {
  Simulator simulator(calm_options());
  const json::value state =
      body_of(simulator.handle({"POST", "/_simulator/advance?by=90m", {}, ""}));
  CHECK(state.at("now") == "2026-11-04T13:30:00Z");
  CHECK(simulator.now() == time("2026-11-04T13:30:00Z"));
  CHECK_FALSE(refusal(simulator, {"POST", "/_simulator/advance?by=soon", {}, ""}, 400).empty());
}
