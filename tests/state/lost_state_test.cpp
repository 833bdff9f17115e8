// SPDX-License-Identifier: Apache-2.0
// A state directory that is gone: the store refuses the rows that it has, and the corrections that
// follow must not be taken for those of the ledger that was lost.
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "small_world.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

const std::string settings =
    R"("interval":"60m","initial_interval":"48h","settle":"0s","group_by":["model"])";

void run_for(SmallWorld& world, std::chrono::hours time) {
  for (const Instant end = world.time.server() + time; world.time.server() < end;) {
    world.poll();
    world.time.advance(60min);
  }
  world.poll();
}

}  // namespace

TEST_CASE("a state that is lost while nothing changes costs no later correction") {
  simulator::Options options;
  options.groups = 4;
  options.activity = 1;
  options.late_rate = options.restate_rate = 0.5;
  options.vanish_rate = 0;
  options.late_within = 20h;
  options.restate_within = 30h;
  SmallWorld world(options);
  world.start(settings);
  run_for(world, 30h);
  // All that there is has been read when the state is lost.
  world.time.freeze_server(true);
  world.start(settings);
  world.poll();
  const auto corrections = world.store.corrections();
  CHECK(corrections > 100);
  world.runtime.reset();
  std::filesystem::remove_all(world.folder / "state");
  world.start(settings);
  world.poll();
  CHECK(world.store.corrections() == corrections);

  world.time.freeze_server(false);
  run_for(world, 40h);
  world.time.freeze_server(true);
  world.start(settings);
  world.poll();
  world.runtime.reset();
  CHECK(world.store.corrections() > corrections + 100);

  auto ledger = ledger::Ledger::open((world.folder / "state").string());
  REQUIRE(ledger.has_value());
  const auto lane = (*ledger)->lanes("usage")->front();
  const Sums expected = truth(world.simulator, lane, lane.origin, lane.cursor, world.time.server());
  Sums stored;
  for (const auto& [place, sum] : world.store.sums(grain_of(lane)))
    if (place.first >= lane.origin) stored[place] = sum;
  for (const std::string& text : differences(stored, expected)) FAIL_CHECK(text);
  CHECK(expected.size() > 200);
  std::cout << "state lost after " << corrections
            << " corrections: " << world.store.corrections() - corrections << " more, "
            << expected.size() << " rows compared, " << differences(stored, expected).size()
            << " wrong sums\n";
}
