// SPDX-License-Identifier: Apache-2.0
// History that several requests bring at once: answers that overtake each other, are refused, cut
// or lost, and processes that die amid it. In the end the store holds what the API says.
//
//   AM_SEED=<n>   only that history
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "simulator/parameters.hpp"
#include "small_world.hpp"
#include "streams/window.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

constexpr std::array<const char*, 10> faults{
    R"("kind":"status","status":429,"retry_after":"20")",
    R"("kind":"status","status":429)",
    R"("kind":"status","status":500)",
    R"("kind":"status","status":529,"retry_after":"90")",
    R"("kind":"truncate")",
    R"("kind":"reset")",
    R"("kind":"stall")",
    R"("kind":"malformed")",
    R"("kind":"missing_bucket")",
    R"("kind":"repeated_bucket")",
};

simulator::Options organization(Random& random) {
  simulator::Options options;
  options.seed = random();
  options.groups = 2;
  options.activity = 0.3;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.1;
  options.late_within = 3h;
  options.restate_within = 10h;
  return options;
}

std::optional<streams::Window> window_of(const std::string& target) {
  const auto parsed = simulator::parse_target(target);
  if (!parsed.find("starting_at")) return std::nullopt;
  const auto time = [&](const char* name) {
    return std::chrono::floor<std::chrono::seconds>(
        simulator::parse_rfc3339(parsed.find(name).value()).value());
  };
  return streams::Window{time("starting_at"), time("ending_at")};
}

const std::string live =
    R"("interval":"10m","initial_interval":"6h","settle":"0s","group_by":["model"])";
const std::string with_history = live + R"(,"backfill_from":"2026-08-01")";

struct Counts {
  std::size_t histories = 0, windows = 0, crashes = 0, refused = 0, rows = 0, set_aside = 0;
  std::int64_t most_under_way = 0;
};

void run(std::uint64_t seed, Counts& counts) {
  CAPTURE(seed);
  Random random(seed);
  SmallWorld world(organization(random));
  world.wire.random.seed(random());
  world.wire.largest_piece = std::array<std::size_t, 2>{500, 65536}[random() % 2];
  // A request takes some steps until its answer begins, so that later ones overtake it.
  world.wire.most_delay = pick(random, 0, 12);
  world.start(live);
  world.poll();
  const Instant origin = streams::align_down(world.time.server() - 6h, 1h);
  const int percent = static_cast<int>(pick(random, 0, 25));
  bool quiet = false;
  world.wire.before_request = [&] {
    if (quiet || !chance(random, percent)) return;
    world.simulator.clear_faults();
    REQUIRE(!world.simulator.add_faults(fmt::format(R"({{"faults":[{{{},"count":{}}}]}})",
                                                    faults[random() % faults.size()],
                                                    pick(random, 1, 3))));
  };

  int deaths = chance(random, 70) ? static_cast<int>(pick(random, 1, 6)) : 0;
  for (bool done = false; !done;) {
    world.start(with_history);
    if (deaths-- > 0) world.wire.crash_at = world.wire.steps + pick(random, 5, 150);
    for (int rounds = 0; !world.wire.crashed && !done; ++rounds) {
      REQUIRE(rounds < 100'000);
      quiet = rounds > 2000;
      if (quiet) world.simulator.clear_faults();
      const bool sleeps = world.step();
      if (world.wire.crashed) break;
      const auto status = world.status();
      const auto* backfill = status.if_contains("backfill");
      const auto* over = backfill == nullptr ? nullptr : backfill->as_object().if_contains("done");
      done = over != nullptr && over->as_bool();
      if (sleeps) world.time.advance(1min);
    }
    counts.crashes += world.wire.crashed ? 1 : 0;
  }

  // Windows are read one after another, newest first, and none is left out. What a fault or a death
  // cut comes again, and live polls look back into what is there.
  std::optional<streams::Window> last;
  for (const ReadWindow& one : world.wire.windows) {
    const auto window = window_of(one.target);
    if (!window || window->end > origin || (last && window->start >= last->start)) continue;
    ++counts.windows;
    CHECK(window->end >= (last ? last->start : origin));
    last = window;
  }
  REQUIRE(last.has_value());
  CHECK(last->start == Instant{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}});
  for (const auto& request : world.simulator.requests())
    if (!request.fault.empty()) ++counts.refused;

  quiet = true;
  world.simulator.clear_faults();
  world.time.advance(1h);
  world.time.freeze_server(true);
  world.start(live);
  world.poll();
  const auto verdict = world.judge();
  // A row that was broken at three readings is set aside, and told; no look-back reaches it here.
  counts.set_aside += world.store.set_aside();
  if (verdict.problems.size() > world.store.set_aside())
    for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(verdict.rows > 1000);
  ++counts.histories;
  counts.rows += verdict.rows;
  counts.most_under_way = std::max(counts.most_under_way, world.wire.most_under_way);
}

}  // namespace

TEST_CASE("history that several requests bring at once is exact, whatever becomes of them") {
  Counts counts;
  if (const char* seed = std::getenv("AM_SEED"); seed != nullptr && *seed != '\0') {
    run(std::strtoull(seed, nullptr, 10), counts);
  } else {
    for (std::uint64_t i = 1; i <= 8; ++i) run(i, counts);
    CHECK(counts.crashes > 5);
    CHECK(counts.refused > 20);
    CHECK(counts.most_under_way == 4);
  }
  std::cout << fmt::format(
      "{} histories by several requests at once, at most {} under way: {} windows, {} faults, {} "
      "deaths, {} rows compared, {} set aside\n",
      counts.histories, counts.most_under_way, counts.windows, counts.refused, counts.crashes,
      counts.rows, counts.set_aside);
}
