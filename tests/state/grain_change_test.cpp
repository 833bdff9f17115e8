// SPDX-License-Identifier: Apache-2.0
// A change of group_by after an answer that was cut: the new kind of rows begins after the last
// bucket that was emitted, not after the last answer that was whole, so no hour is counted in both
// kinds.
#include <catch2/catch_test_macros.hpp>

#include "small_world.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

simulator::Options organization() {
  simulator::Options options;
  options.admin_key = canary;
  options.groups = 4;
  options.activity = 1;
  options.late_rate = options.restate_rate = options.vanish_rate = 0;
  return options;
}

std::string grouped_by(const std::string& group) {
  return R"("interval":"30m","initial_interval":"2h","settle":"0s","group_by":[")" + group + "\"]";
}

}  // namespace

TEST_CASE(
    "a new grain begins after the last bucket emitted, also if the answer behind it was cut") {
  SmallWorld world(organization());
  world.wire.largest_piece = 500;
  world.start(grouped_by("model"));
  world.poll();
  world.time.advance(10h);
  REQUIRE(!world.simulator.add_faults(
      R"({"faults":[{"contains":"usage","kind":"truncate","count":0}]})"));
  const auto before = world.store.documents();
  world.poll();
  REQUIRE(world.store.documents() > before);

  world.simulator.clear_faults();
  world.time.freeze_server(true);
  world.start(grouped_by("workspace_id"));
  world.poll();

  const auto verdict = world.judge();
  CHECK(verdict.problems.empty());
  CHECK(verdict.rows > 10);
}

TEST_CASE("rows of another namespace begin at a boundary, and corrections stay where rows are") {
  simulator::Options options = organization();
  options.late_rate = options.restate_rate = 0.3;
  options.late_within = 3h;
  SmallWorld world(options);
  const std::string rest = R"("interval":"30m","initial_interval":"6h","settle":"0s")";
  const auto in = [&](const std::string& name) { return rest + R"(,"namespace":")" + name + "\""; };
  world.start(in("first"));
  world.poll();
  for (int change = 0; change < 4; ++change) {
    world.start(in(change % 2 == 0 ? "second" : "first"));
    for (int polls = 0; polls < 12; ++polls) {
      world.poll();
      world.time.advance(30min);
    }
  }
  world.time.freeze_server(true);
  world.start(in("first"));
  world.poll();
  CHECK(world.host.log().find(
            "data stream changed: rows go to metrics-anthropic_metrics.usage-second from") !=
        std::string::npos);

  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(world.store.corrections() > 0);
}

TEST_CASE("rows of another data set begin at a boundary, and corrections stay where rows are") {
  simulator::Options options = organization();
  options.late_rate = options.restate_rate = 0.3;
  options.late_within = 3h;
  SmallWorld world(options);
  const std::string rest = R"("interval":"30m","initial_interval":"6h","settle":"0s")";
  const auto in = [&](const std::string& name) {
    return rest + R"(,"dataset":")" + name + ".usage\"";
  };
  world.start(rest);
  world.poll();
  for (int change = 0; change < 4; ++change) {
    world.start(in(change % 2 == 0 ? "claude_metrics" : "anthropic_metrics"));
    for (int polls = 0; polls < 12; ++polls) {
      world.poll();
      world.time.advance(30min);
    }
  }
  world.time.freeze_server(true);
  world.start(in("claude_metrics"));
  world.poll();
  CHECK(world.host.log().find("data stream changed: rows go to "
                              "metrics-claude_metrics.usage-default from") != std::string::npos);

  const auto verdict = world.judge();  // a row in two data streams is a problem there
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(world.store.corrections() > 0);
}

TEST_CASE("a former grain that is refused does not stop the present one") {
  SmallWorld world(organization());
  world.start(grouped_by("model"));
  world.poll();
  world.time.advance(3h);
  REQUIRE(!world.simulator.add_faults(
      R"({"faults":[{"contains":"=model","kind":"status","status":400,"count":0}]})"));
  world.start(grouped_by("workspace_id"));
  world.poll();
  world.time.advance(3h);
  const auto before = world.store.documents();
  world.poll();

  CHECK(world.store.documents() > before);
  CHECK(world.status().at("health").as_string() == "degraded");
  CHECK(world.status().at("message").as_string().find("corrections of rows by 1h [model]") !=
        std::string_view::npos);
  world.simulator.clear_faults();
  world.time.advance(30min);
  world.poll();
  CHECK(world.status().at("health").as_string() == "healthy");
}
