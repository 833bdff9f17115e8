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
