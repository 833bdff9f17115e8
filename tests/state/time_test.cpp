// SPDX-License-Identifier: Apache-2.0
// Dates that are wrong, and a state that one of them damaged: nothing is lost and nothing counts
// twice once the date is right.
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "small_world.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

simulator::Options organization() {
  simulator::Options options;
  options.groups = 3;
  options.activity = 1;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.1;
  options.late_within = 3h;
  options.restate_within = 10h;
  options.future_buckets = true;
  return options;
}

const std::string settings =
    R"("interval":"60m","initial_interval":"24h","settle":"0s","group_by":["model"])";

void dates_are_off(SmallWorld& world, std::chrono::hours offset, int count = 0) {
  REQUIRE(!world.simulator.add_faults(
      fmt::format(R"({{"faults":[{{"kind":"wrong_date","offset_s":{},"count":{}}}]}})",
                  std::chrono::seconds(offset).count(), count)));
}

void run_for(SmallWorld& world, std::chrono::hours time) {
  for (const Instant end = world.time.server() + time; world.time.server() < end;) {
    world.poll();
    world.time.advance(60min);
  }
  world.poll();
}

/// Reads all of it at one moment, twice: the second start has the first one's time as a witness.
void settle(SmallWorld& world) {
  world.time.freeze_server(true);
  for (int starts = 0; starts < 2; ++starts) {
    world.start(settings);
    world.poll();
  }
}

void judge(SmallWorld& world, std::uint64_t least_rows) {
  CHECK(world.status().at("health").as_string() == "healthy");
  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(verdict.rows > least_rows);
}

ledger::Lane lane_of(const SmallWorld& world) {
  auto ledger = ledger::Ledger::open((world.folder / "state").string());
  REQUIRE(ledger.has_value());
  return (*ledger)->lanes("usage")->front();
}

}  // namespace

TEST_CASE("one start with a Date that is a month off loses nothing and forgets nothing") {
  for (const auto offset : {24h * 30, -24h * 30, 24h * 90, 10h}) {
    CAPTURE(offset.count());
    SmallWorld world(organization());
    world.start(settings);
    world.poll();
    world.time.advance(1h);
    dates_are_off(world, offset);
    world.start(settings);
    world.poll();
    const Instant truth = world.time.server();
    world.runtime.reset();
    // A start so long that its own answers agree for seconds moves the cursor; that heals.
    if (offset < 24h * 60) CHECK(lane_of(world).cursor <= truth);
    CHECK(lane_of(world).forgotten == Instant{});

    world.simulator.clear_faults();
    for (int starts = 0; starts < 3; ++starts) {
      world.time.advance(24h * 5);
      world.start(settings);
      world.poll();
    }
    settle(world);
    judge(world, 24 * 15);
  }
}

TEST_CASE("wrong Dates amid a long run move nothing, however many servers tell the truth") {
  SmallWorld world(organization());
  world.start(settings);
  run_for(world, 5h);
  for (int i = 0; i < 20; ++i) {
    dates_are_off(world, i % 2 == 0 ? 24h * 40 : -24h * 3, 1);
    run_for(world, 3h);
  }
  world.simulator.clear_faults();
  settle(world);
  judge(world, 70);
}

TEST_CASE("a new state whose first Date was wrong still gets its first day") {
  SmallWorld world(organization());
  const Instant began = world.time.server();
  dates_are_off(world, 24h * 3);
  world.start(settings);
  world.poll();
  world.simulator.clear_faults();
  world.time.advance(1h);
  settle(world);
  world.runtime.reset();
  CHECK(lane_of(world).origin <= began - 22h);
  world.start(settings);
  world.poll();
  judge(world, 24);
}

TEST_CASE("a state that a wrong Date moved ahead heals by itself, and is not healthy before") {
  for (const bool forgot : {false, true}) {
    CAPTURE(forgot);
    auto options = organization();
    // What changed while its memory was gone cannot be told from what the store has.
    if (forgot) options.late_rate = options.restate_rate = options.vanish_rate = 0;
    SmallWorld world(options);
    world.start(settings);
    run_for(world, 30h);
    world.runtime.reset();
    {
      auto ledger = ledger::Ledger::open((world.folder / "state").string());
      REQUIRE(ledger.has_value());
      ledger::Lane lane = (*ledger)->lanes("usage")->front();
      const Instant ahead = lane.cursor + 24h * 30;
      std::vector<Batch> none;
      ledger::Commit commit;
      commit.lane = lane.id;
      commit.cursor = ahead;
      REQUIRE((*ledger)->commit(commit, none).has_value());
      if (forgot) REQUIRE((*ledger)->forget(lane.id, ahead - 24h * 14).has_value());
    }
    world.time.advance(24h * 4);
    // Two dates that do not agree heal nothing, and nothing says "healthy".
    dates_are_off(world, -24h * 9, 1);
    world.start(settings);
    world.poll();
    settle(world);
    judge(world, 24 * 5);
    CHECK(world.host.log().find("moved this stream ahead") != std::string::npos);
  }
}
