// SPDX-License-Identifier: Apache-2.0
// Half a year of history beside live polling, with processes that die on the way: newest first,
// nothing twice, nothing missing, and live polling never waits for it.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <optional>

#include "simulator/parameters.hpp"
#include "small_world.hpp"
#include "streams/window.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

simulator::Options organization() {
  simulator::Options options;
  options.groups = 3;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.1;
  options.late_within = 3h;
  options.restate_within = 10h;
  return options;
}

const Instant goal{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1}};
constexpr auto interval = 2min;
constexpr auto slowness = 20s;  // Of each answer, so that polls fall due on the way.

std::string settings(const std::string& more = "") {
  // The last two hours are read again at each interval, so that live polls fall due.
  return R"("interval":"2m","initial_interval":"6h","settle":"0s","group_by":["model"],)"
         R"("look_back":[{"depth":"2h","every":"2m"},{"depth":"26h","every":"1h"},)"
         R"({"depth":"720h","every":"24h"}])" +
         more;
}
const std::string with_history = settings(R"(,"backfill_from":"2026-05-01")");

struct Read {
  streams::Window window;
  Instant at;
};

/// The window that a report was asked for; nothing for another endpoint.
std::optional<streams::Window> window_of(const std::string& target) {
  const auto parsed = simulator::parse_target(target);
  if (!parsed.find("starting_at")) return std::nullopt;
  const auto time = [&](const char* name) {
    return std::chrono::floor<std::chrono::seconds>(
        simulator::parse_rfc3339(parsed.find(name).value()).value());
  };
  return streams::Window{time("starting_at"), time("ending_at")};
}

std::vector<Read> reads(const Wire& wire) {
  std::vector<Read> all;
  for (const ReadWindow& one : wire.windows)
    if (const auto window = window_of(one.target)) all.push_back({*window, one.at});
  return all;
}

double share(const boost::json::object& status) {
  return status.at("backfill").at("done_share").to_number<double>();
}

/// Polls until the history is there or the process died.
void work(SmallWorld& world, double& reached) {
  for (;;) {
    const bool sleeps = world.step();
    if (world.wire.crashed) return;
    const auto status = world.status();
    if (!status.contains("backfill") || !status.at("backfill").as_object().contains("done_share"))
      continue;
    const double now = share(status);
    REQUIRE(now >= reached - 1e-4);  // The newest bucket moves on, so the share shrinks a little.
    REQUIRE(now <= 1);
    reached = now;
    if (sleeps && status.at("backfill").at("done").as_bool()) return;
    if (sleeps) world.time.advance(interval);
  }
}

}  // namespace

TEST_CASE("history is collected newest first, over crashes, and live polling never waits for it") {
  SmallWorld world(organization());
  world.wire.before_request = [&] { world.time.advance(slowness); };
  world.start(settings());
  world.poll();
  const Instant began = world.time.server();
  const Instant origin = streams::align_down(began - 6h, 1h);
  CHECK_FALSE(world.status().contains("backfill"));

  double reached = 0;
  int crashes = 0;
  Random random(5);
  for (;; ++crashes) {
    world.start(with_history);
    world.wire.crash_at = world.wire.steps + pick(random, 5, 60);
    if (crashes >= 5) world.wire.crash_at = -1;
    work(world, reached);
    if (!world.wire.crashed) break;
  }
  const auto status = world.status();
  CHECK(status.at("backfill").at("from").as_string() == "2026-05-01T00:00:00Z");
  CHECK(status.at("backfill").at("reached").as_string() == "2026-05-01T00:00:00Z");
  CHECK(share(status) == 1);

  // Newest first: each window of history ends where the one before it began.
  std::optional<streams::Window> last;
  std::optional<Instant> live;
  std::size_t windows = 0, polls = 0;
  for (const Read& read : reads(world.wire)) {
    if (read.window.end > origin) {
      // Live polling keeps its time: no more than the windows under way come in between.
      if (live) CHECK(read.at - *live <= interval + 6 * slowness);
      live = read.at;
      ++polls;
      continue;
    }
    ++windows;
    CHECK(read.window.end == (last ? last->start : origin));
    last = read.window;
  }
  CHECK(last->start == goal);
  CHECK(windows == static_cast<std::size_t>((origin - goal + 168h - 1h) / 168h));
  // Those that were under way at a crash were asked for once more, and no others.
  std::size_t asked = 0;
  for (const auto& request : world.simulator.requests()) {
    const auto window = window_of(request.target);
    asked += window && window->end <= origin ? 1u : 0u;
  }
  CHECK(polls >= 6 + static_cast<std::size_t>(crashes));
  CHECK(asked > windows);
  CHECK(asked <= windows + 4 * static_cast<std::size_t>(crashes));

  // And what the store holds equals the API, from the first day on.
  world.time.freeze_server(true);
  world.start(settings());
  world.poll();
  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(verdict.rows > 8000);
  std::cout << fmt::format(
      "backfill of {} days with {} crashes: {} windows, {} of them asked for again, {} live "
      "windows "
      "beside them; {} documents, {} rows compared, {} wrong sums\n",
      (origin - goal) / 24h, crashes, windows, asked - windows, polls, world.store.documents(),
      verdict.rows, verdict.problems.size());
}

TEST_CASE("a backfill that is refused waits, says why, and goes on when it is let") {
  SmallWorld world(organization());
  world.start(settings());
  world.poll();
  REQUIRE(!world.simulator.add_faults(
      R"({"faults":[{"contains":"starting_at=2026-10","kind":"malformed","count":0}]})"));
  world.start(with_history);
  world.poll();
  auto status = world.status();
  CHECK(status.at("health").as_string() == "healthy");
  CHECK_FALSE(status.at("backfill").at("done").as_bool());
  CHECK_FALSE(status.at("backfill").at("waits_for").as_string().empty());
  CHECK(world.host.log().find("backfill waits at 2026-11-04T06:00:00Z") != std::string::npos);

  world.simulator.clear_faults();
  world.time.advance(interval);
  world.poll();
  status = world.status();
  CHECK(status.at("backfill").at("done").as_bool());
  CHECK_FALSE(status.at("backfill").as_object().contains("waits_for"));
}

TEST_CASE("history takes the grain that is configured, not one that never had a row") {
  SmallWorld world(organization());
  REQUIRE(!world.simulator.add_faults(
      R"({"faults":[{"contains":"usage","kind":"status","status":500,"count":0}]})"));
  world.start(settings());
  world.poll();
  REQUIRE(world.store.documents() == 0);
  world.simulator.clear_faults();
  world.time.freeze_server(true);
  world.start(
      R"("interval":"2m","settle":"0s","group_by":["workspace_id"],"backfill_from":"2026-10-20")");
  world.poll();
  CHECK(world.status().at("backfill").at("done").as_bool());
  CHECK(world.status().at("cursor").as_string() == "2026-11-04T12:00:00Z");
  // Also after a restart, when the lanes come from the ledger.
  world.start(
      R"("interval":"2m","settle":"0s","group_by":["workspace_id"],"backfill_from":"2026-10-10")");
  world.poll();
  CHECK(world.status().at("backfill").at("done").as_bool());
  CHECK(world.status().at("cursor").as_string() == "2026-11-04T12:00:00Z");

  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(verdict.rows > 100);
  CHECK(world.store.grains().size() == 1);
}

TEST_CASE("history of a grain that ended where it began goes on in that grain") {
  SmallWorld world(organization());
  world.wire.largest_piece = 500;
  const auto with = [](const char* width, const char* more) {
    return std::string(R"("interval":"60m","initial_interval":"1h","settle":"0s",)") +
           R"("look_back":[],"group_by":["model"],"bucket_width":")" + width + "\"" + more;
  };
  world.start(with("1d", ""));
  world.poll();
  // The window of history is cut in the middle: some days are out, the lane does not know it.
  REQUIRE(!world.simulator.add_faults(
      R"({"faults":[{"contains":"starting_at=2026-10","kind":"truncate","count":0}]})"));
  world.start(with("1d", R"(,"backfill_from":"2026-10-05")"));
  world.poll();
  REQUIRE(world.store.documents() > 0);
  world.simulator.clear_faults();
  world.time.freeze_server(true);
  world.start(with("1h", R"(,"backfill_from":"2026-10-05")"));
  world.poll();
  CHECK(world.status().at("backfill").at("done").as_bool());

  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(verdict.rows > 30);
}

TEST_CASE("history ends where the API's does, with all that the API has") {
  auto options = organization();
  options.kept = 24h * 10;
  SmallWorld world(options);
  world.time.freeze_server(true);
  world.start(settings(R"(,"backfill_from":"2026-09-20")"));
  world.poll();

  const auto backfill = world.status().at("backfill").as_object();
  CHECK(backfill.at("done").as_bool());
  const Instant oldest = streams::align_up(world.time.server() - 24h * 10, 1h);
  CHECK(backfill.at("reached").as_string() == simulator::format_rfc3339(oldest));
  CHECK(world.status().at("health").as_string() == "healthy");
  CHECK(world.host.log().find("history reaches no further back than " +
                              simulator::format_rfc3339(oldest)) != std::string::npos);
  // One answer without the oldest buckets may be a fault; it was asked again.
  const auto verdict = world.judge();
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  CHECK(verdict.rows > 24 * 9);
}
