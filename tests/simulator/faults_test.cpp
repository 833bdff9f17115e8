// SPDX-License-Identifier: Apache-2.0
// Every fault, by script and by chance.
#include <map>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

const std::string target =
    usage_path + "?bucket_width=1h&starting_at=2026-11-03T08:00:00Z&ending_at=2026-11-03T12:00:00Z";

/// The answer of a simulator in which every request has this fault.
Reply under(const std::string& rule, const std::string& asked = target) {
  Simulator simulator(calm_options());
  const auto problem = simulator.add_faults(R"({"faults":[{"count":0,)" + rule + "}]}");
  INFO(problem.value_or(""));
  REQUIRE_FALSE(problem);
  return simulator.handle(get(asked));
}

}  // namespace

TEST_CASE("The nth request to a path fails, as often as the script says") {
  Simulator simulator(calm_options());
  REQUIRE_FALSE(simulator.add_faults(R"({"faults":[
      {"path":"/v1/organizations/usage_report/messages","nth":2,"count":2,"kind":"status","status":429,"retry_after":"3"},
      {"contains":"cost_report","nth":1,"kind":"status","status":529}]})"));
  auto status = [&](const std::string& asked) {
    return simulator.handle(get(asked)).response.status;
  };

  CHECK(status(target) == 200);
  CHECK(status(target) == 429);
  CHECK(status("/v1/organizations/me") == 200);
  CHECK(status(target) == 429);
  CHECK(status(target) == 200);
  CHECK(status(cost_path + "?starting_at=2026-11-01T00:00:00Z") == 529);
  CHECK(status(cost_path + "?starting_at=2026-11-01T00:00:00Z") == 200);
  CHECK(simulator.requests()[1].fault == "status");
  CHECK(simulator.requests()[1].status == 429);

  simulator.clear_faults();
  CHECK(status(target) == 200);
}

TEST_CASE("Scripted statuses have the documented error body") {
  for (const int status : {400, 401, 403, 404, 408, 409, 413, 429, 500, 503, 504, 529}) {
    const Reply reply =
        under(R"("kind":"status","message":"told so","status":)" + std::to_string(status));
    CHECK(reply.response.status == status);
    CHECK(body_of(reply).at("error").at("type") == json::value(json::string(error_type(status))));
    CHECK(body_of(reply).at("error").at("message") == "told so");
    CHECK(find_header(reply.response.headers, "request-id"));
    CHECK_FALSE(find_header(reply.response.headers, "retry-after"));
  }
}

TEST_CASE("A delay is named in seconds, as a date or in milliseconds") {
  auto header = [](const std::string& rule, const char* name) {
    return std::string(
        find_header(under(R"("kind":"status","status":429,)" + rule).response.headers, name)
            .value_or(""));
  };
  CHECK(header(R"("retry_after":"3")", "retry-after") == "3");
  CHECK(header(R"("retry_after":"date:30")", "retry-after") == "Wed, 04 Nov 2026 12:00:30 GMT");
  CHECK(header(R"("retry_after":"ms:250")", "retry-after-ms") == "250");
  CHECK(header(R"("should_retry":"false")", "x-should-retry") == "false");
}

TEST_CASE("A spend cap is a 429 that names no delay") {
  const Reply reply = under(R"("kind":"spend_cap")");
  CHECK(reply.response.status == 429);
  CHECK(body_of(reply).at("error").at("details").at("error_code") ==
        "enforced_spend_limit_reached");
  CHECK_FALSE(find_header(reply.response.headers, "retry-after"));
}

TEST_CASE("Bodies can be HTML, malformed or of the wrong types") {
  const Reply html = under(R"("kind":"html")");
  CHECK(html.response.status == 502);
  CHECK(find_header(html.response.headers, "content-type") == "text/html");

  const Reply malformed = under(R"("kind":"malformed")");
  boost::system::error_code error;
  json::parse(malformed.response.body, error);
  CHECK(malformed.response.status == 200);
  CHECK(error);

  const json::value usage = body_of(under(R"("kind":"wrong_types")"));
  CHECK(usage.at("data").at(0).at("results").at(0).at("output_tokens") == "many");
  const json::value cost =
      body_of(under(R"("kind":"wrong_types")", cost_path + "?starting_at=2026-11-03T00:00:00Z"));
  CHECK(cost.at("data").at(0).at("results").at(0).at("amount").is_array());
  const json::value limits =
      body_of(under(R"("kind":"wrong_types")", "/v1/organizations/rate_limits"));
  CHECK(limits.at("data").at(0).at("limits").is_string());
}

TEST_CASE("Pages can lack or repeat a bucket, point at themselves or nowhere") {
  CHECK(body_of(under(R"("kind":"missing_bucket")")).at("data").as_array().size() == 3);
  const json::value repeated = body_of(under(R"("kind":"repeated_bucket")"));
  CHECK(repeated.at("data").as_array().size() == 5);
  CHECK(repeated.at("data").at(1) == repeated.at("data").at(2));

  const json::value nowhere = body_of(under(R"("kind":"missing_page_token")"));
  CHECK(nowhere.at("has_more").as_bool());
  CHECK(nowhere.at("next_page").is_null());

  Simulator simulator(calm_options());
  REQUIRE_FALSE(simulator.add_faults(R"({"faults":[{"kind":"page_loop","count":0}]})"));
  const json::value first = ask(simulator, target);
  const json::value second = ask(simulator, target + "&page=" + text(first.at("next_page")));
  CHECK(first == second);
}

TEST_CASE("Faults of delivery leave the answer whole and say how to send it") {
  CHECK(under(R"("kind":"truncate")").delivery == Delivery::truncate);
  CHECK(under(R"("kind":"reset")").delivery == Delivery::reset);
  CHECK(under(R"("kind":"stall")").delivery == Delivery::stall);
  const Reply trickle = under(R"("kind":"trickle","duration_ms":7)");
  CHECK(trickle.delivery == Delivery::trickle);
  CHECK(trickle.duration == std::chrono::milliseconds{7});
  CHECK(body_of(trickle).at("data").as_array().size() == 4);
}

TEST_CASE("A wrong script is refused whole, with the place of the mistake") {
  Simulator simulator(calm_options());
  for (const char* script : {"", "[]", "{}", R"({"faults":{}})", R"({"faults":[3]})",
                             R"({"faults":[{"kind":"reset"},{"kind":"burn"}]})",
                             R"({"faults":[{"kind":"reset","often":true}]})",
                             R"({"faults":[{"kind":"reset","nth":-1}]})",
                             R"({"faults":[{"kind":"status","status":99}]})"}) {
    INFO(script);
    const auto problem = simulator.add_faults(script);
    REQUIRE(problem);
    CHECK(problem->starts_with("fault script: "));
  }
  CHECK(simulator.handle(get(target)).delivery == Delivery::whole);
  CHECK(
      simulator.add_faults(R"({"faults":[{"kind":"reset"},{"kind":"burn"}]})")->find("faults[1]") !=
      std::string::npos);
}

TEST_CASE("Random faults come at the configured rate and are the same for the same seed") {
  Options options = calm_options();
  options.fault_rate = 0.3;
  INFO("seed " << options.seed);
  auto run = [&] {
    Simulator simulator(options);
    for (int i = 0; i < 400; ++i) simulator.handle(get("/v1/organizations/me"));
    std::map<std::string, int> kinds;
    for (const LoggedRequest& request : simulator.requests())
      ++kinds[request.fault + std::to_string(request.status)];
    return kinds;
  };
  const auto kinds = run();

  CHECK(kinds == run());
  CHECK(kinds.size() > 7);
  CHECK(kinds.at("200") > 240);
  CHECK(kinds.at("200") < 320);
}

TEST_CASE("Faults are scripted over HTTP, and control requests never fail") {
  Simulator simulator(calm_options());
  const Request script{
      "POST", "/_simulator/faults", {}, R"({"faults":[{"kind":"status","status":500,"count":0}]})"};
  CHECK(simulator.handle(script).response.status == 200);
  CHECK(simulator.handle(get("/v1/organizations/me")).response.status == 500);
  CHECK(simulator.handle({"GET", "/_simulator/state", {}, ""}).response.status == 200);
  CHECK(simulator.handle({"DELETE", "/_simulator/faults", {}, ""}).response.status == 200);
  CHECK(simulator.handle(get("/v1/organizations/me")).response.status == 200);
}
