// SPDX-License-Identifier: Apache-2.0
// A ledger that runs for weeks stays as small as what it looks back at, and what it forgot is never
// emitted again.
#include <algorithm>
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
  options.late_rate = options.restate_rate = options.vanish_rate = 0.2;
  options.late_within = 3h;
  options.restate_within = 10h;
  return options;
}

std::string settings(const std::string& look_back, const std::string& more = "") {
  return R"("interval":"60m","initial_interval":"24h","settle":"0s","group_by":["model"],)"
         R"("look_back":[{"depth":")" +
         look_back + "\"}]" + more;
}

struct Known {
  std::size_t buckets = 0;
  Instant oldest = Instant::max();
  ledger::Lane lane;
};

Known known(const SmallWorld& world) {
  auto ledger = ledger::Ledger::open((world.folder / "state").string());
  REQUIRE(ledger.has_value());
  Known known;
  known.lane = (*ledger)->lanes("usage")->front();
  for (Instant hour = known.lane.origin; hour < known.lane.cursor; hour += 1h)
    if (!(*ledger)->record(known.lane.id, hour)->rows.empty()) {
      ++known.buckets;
      known.oldest = std::min(known.oldest, hour);
    }
  return known;
}

void run_for(SmallWorld& world, std::chrono::hours time) {
  for (const Instant end = world.time.server() + time; world.time.server() < end;) {
    world.poll();
    world.time.advance(60min);
  }
}

}  // namespace

TEST_CASE("the ledger of weeks is as small as twice its look-back") {
  SmallWorld world(organization());
  world.start(settings("24h"));
  run_for(world, 24h * 20);
  world.time.freeze_server(true);
  world.start(settings("24h"));
  world.poll();
  world.runtime.reset();
  const Known after = known(world);
  CHECK(after.buckets <= 24 * 3);
  CHECK(after.buckets >= 24 * 2);
  CHECK(after.lane.forgotten == after.oldest);
  CHECK(after.lane.cursor - after.oldest >= 48h);

  // A deeper look-back reaches what is known, and no further: the store has the rest already.
  const auto documents = world.store.documents();
  world.wire.windows.clear();
  world.start(settings("480h"));
  world.poll();
  CHECK(world.store.documents() == documents);
  for (const ReadWindow& window : world.wire.windows)
    CHECK(window.target.find("starting_at=2026-11-0") == std::string::npos);

  // History comes and is forgotten as soon as it is whole; the sums over all of it hold.
  world.start(settings("24h", R"(,"backfill_from":"2026-10-01")"));
  world.poll();
  CHECK(world.status().at("backfill").at("done").as_bool());
  world.runtime.reset();
  const Known again = known(world);
  CHECK(again.oldest == after.oldest);
  CHECK(again.buckets - after.buckets ==
        static_cast<std::size_t>((again.lane.cursor - after.lane.cursor) / 1h));
  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  std::cout << "forgetting: " << verdict.rows << " rows emitted and compared, " << after.buckets
            << " buckets of " << (after.lane.cursor - known(world).lane.origin) / 1h
            << " hours kept, " << verdict.problems.size() << " wrong sums\n";
}

TEST_CASE("without a look-back the ledger knows what lies behind its cursor only") {
  SmallWorld world(organization());
  world.start(R"("interval":"60m","initial_interval":"24h","settle":"6h","group_by":["model"],)"
              R"("look_back":[])");
  run_for(world, 24h * 5);
  world.runtime.reset();
  CHECK(known(world).buckets <= 24);
}
