// SPDX-License-Identifier: Apache-2.0
// A change of group_by after an answer that was cut: the new kind of rows begins after the last
// bucket that was emitted, not after the last answer that was whole, so no hour is counted in both
// kinds.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "history.hpp"
#include "scratch_folder.hpp"
#include "verdict.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

simulator::Options organization() {
  simulator::Options options;
  options.groups = 4;
  options.activity = 1;
  options.late_rate = options.restate_rate = options.vanish_rate = 0;
  return options;
}

struct World {
  ScratchFolder folder{fast_folder()};
  simulator::Simulator simulator{organization()};
  VirtualTime time{simulator};
  FakeHost host{time};
  Wire wire;
  ModelStore store;
  std::unique_ptr<Runtime> runtime;

  World() { wire.largest_piece = 500; }

  void start(const std::string& group) {
    runtime.reset();
    auto settings = read_settings(fmt::format(
        R"({{"admin_api_key":"{}","state":{{"path":"{}"}},"streams":{{)"
        R"("usage":{{"interval":"30m","initial_interval":"2h","settle":"0s","group_by":["{}"]}},)"
        R"("cost":{{"enabled":false}},"health":{{"enabled":false}},"rate_limit":{{"enabled":false}}}}}})",
        simulator::default_admin_key, (folder / "state").string(), group));
    REQUIRE(settings.has_value());
    auto made = Runtime::make(std::move(*settings), host.table(),
                              simulated_network(simulator, time, wire), 1);
    REQUIRE(made.has_value());
    runtime = std::move(*made);
  }

  /// Until the stream sleeps for its interval.
  void poll() {
    for (;;) {
      const auto result = runtime->poll(1s, {});
      REQUIRE(result.has_value());
      if (result->kind == Runtime::PollResult::Kind::batch) {
        store.put(result->batch->ndjson);
        REQUIRE(runtime->acknowledge(result->batch->id, AckOutcome::durable, 0).has_value());
        continue;
      }
      if (result->next_poll > 55s) return;
      time.advance(std::max<Milliseconds>(result->next_poll, 1ms));
    }
  }
};

}  // namespace

TEST_CASE(
    "a new grain begins after the last bucket emitted, also if the answer behind it was cut") {
  World world;
  world.start("model");
  world.poll();
  world.time.advance(10h);
  REQUIRE(!world.simulator.add_faults(
      R"({"faults":[{"contains":"usage","kind":"truncate","count":0}]})"));
  const auto before = world.store.documents();
  world.poll();
  REQUIRE(world.store.documents() > before);

  world.simulator.clear_faults();
  world.time.freeze_server(true);
  world.start("workspace_id");
  world.poll();
  world.runtime.reset();

  const auto verdict = compare(world.simulator, world.store, world.folder / "state",
                               world.time.server(), {0min, 0min});
  CHECK(verdict.problems.empty());
  CHECK(world.store.faults().empty());
  CHECK(verdict.rows > 10);
}
