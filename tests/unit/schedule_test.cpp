// SPDX-License-Identifier: Apache-2.0
#include "collect/schedule.hpp"

#include <set>

#include "streams/registry.hpp"
#include "streams/report.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using streams::Window;
using test::at;

const std::vector<streams::Tier> tiers{{2h, 0s}, {26h, 1h}, {168h, 24h}};

Tiers hourly() {
  return Tiers(tiers);
}

TEST_CASE("the first poll reads the deepest tier") {
  CHECK(hourly().due(0s) == 168h);
}

TEST_CASE("a look-back that one answer does not hold is read in as many windows as it takes") {
  struct Case {
    std::chrono::seconds width;
    std::int64_t most_buckets;
    Milliseconds look_back;
    std::size_t windows;
  };
  const auto [width, most_buckets, look_back, windows] =
      GENERATE(Case{60s, 1440, 24h, 1}, Case{60s, 1440, 168h, 7}, Case{1h, 168, 336h, 2},
               Case{1h, 168, 720h, 5}, Case{24h, 31, 840h, 2});
  ledger::Lane some;
  some.origin = at("2026-01-01T00:00:00Z");
  some.cursor = at("2026-09-01T00:00:00Z");

  const auto planned = plan(some, some.cursor, width, most_buckets, 0ms, look_back);

  REQUIRE(planned.size() == windows);
  CHECK(planned.front().start == some.cursor - std::chrono::ceil<std::chrono::seconds>(look_back));
  CHECK(planned.back().end == some.cursor);
}

TEST_CASE("after a stop the look-back is measured from where reading ended") {
  ledger::Lane some;
  some.origin = at("2026-01-01T00:00:00Z");
  some.cursor = at("2026-08-20T00:00:00Z");

  // Longer than the look-back: what changed since then on the days before is read, too.
  const auto windows = plan(some, at("2026-09-01T00:00:00Z"), 1h, 1000, 0ms, 48h, some.cursor);
  REQUIRE(windows.size() == 1);
  CHECK(windows[0] == Window{at("2026-08-18T00:00:00Z"), at("2026-09-01T00:00:00Z")});

  // A lane that ended is as fresh as the stream is.
  some.end = some.cursor;
  const auto ended =
      plan(some, at("2026-09-01T00:00:00Z"), 1h, 1000, 0ms, 48h, at("2026-08-21T00:00:00Z"));
  REQUIRE(ended.size() == 1);
  CHECK(ended[0] == Window{at("2026-08-19T00:00:00Z"), at("2026-08-20T00:00:00Z")});
  CHECK(plan(some, at("2026-09-01T00:00:00Z"), 1h, 1000, 0ms, 48h, at("2026-08-30T00:00:00Z"))
            .empty());
}

TEST_CASE("without tiers nothing is read again") {
  Tiers none({});
  CHECK(none.due(0s) == 0ms);
  none.done(0ms, 0s);
  CHECK(none.due(24h) == 0ms);
}

TEST_CASE("each tier is due when its time is over since it was read") {
  struct Case {
    Monotonic later;
    Milliseconds due;
  };
  const auto [later, due] =
      GENERATE(Case{0s, 2h}, Case{5min, 2h}, Case{58min + 59s, 2h}, Case{59min, 26h},
               Case{23h, 26h}, Case{24h, 168h}, Case{1000h, 168h});
  Tiers started = hourly();
  started.done(started.due(7s), 7s);

  CHECK(started.due(7s + later) == due);
}

TEST_CASE(
    "a tier goes along with a poll of a new bucket if it could not wait for the one after it") {
  struct Case {
    Monotonic later;
    std::optional<Monotonic> next;
    Milliseconds due;
  };
  // All were read at 7s.
  const auto& [later, next, due] =
      GENERATE(Case{15min, std::nullopt, 2h}, Case{15min, 75min, 26h}, Case{15min, 61min, 2h},
               Case{30min, 60min, 2h}, Case{59min, std::nullopt, 26h}, Case{10h, 11h, 26h},
               // A day begins at 15:00 h after the start: the deep tier moves there, once.
               Case{15h, 39h, 168h}, Case{15h, 24h, 26h});
  Tiers started = hourly();
  started.done(started.due(7s), 7s);

  std::optional<Monotonic> then;
  if (next) then = 7s + *next;
  CHECK(started.due(7s + later, then) == due);
}

TEST_CASE("a tier needs a poll of its own if the next bucket comes too late for it") {
  struct Case {
    std::vector<streams::Tier> tiers;
    Monotonic next;
    Milliseconds interval, least;
    std::optional<Monotonic> own;
  };
  const std::vector<streams::Tier> days{{72h, 6h}, {840h, 24h}};
  const auto& [given, next, interval, least, own] = GENERATE_COPY(
      Case{days, 25h, 2h, 0ms, 6h}, Case{days, 8h, 2h, 0ms, 6h},
      Case{days, 7h + 30min, 2h, 0ms, std::nullopt},
      // No later than a quarter of its time, however long the interval is,
      Case{days, 8h, 24h, 0ms, 6h},
      // and what lies out of its reach costs nothing.
      Case{days, 25h, 2h, 72h, std::nullopt}, Case{days, 31h, 2h, 72h, 24h},
      Case{days, 31h, 2h, 840h, std::nullopt},
      // What goes along with every poll asks for none.
      Case{{{2h, 0s}}, 24h, 15min, 0ms, std::nullopt},
      Case{tiers, 1h + 5s, 15min, 0ms, std::nullopt}, Case{{}, 24h, 15min, 0ms, std::nullopt});
  Tiers started(given);
  started.done(started.deepest(), 7s);

  std::optional<Monotonic> expected;
  if (own) expected = 7s + *own;
  CHECK(started.own_poll(7s + next, interval, least) == expected);
}

TEST_CASE("a bucket may be asked for once it is closed and settled") {
  const Instant cursor = at("2026-09-01T12:00:00Z");
  CHECK(closing_of(cursor, 1h, 0s) == at("2026-09-01T13:00:00Z"));
  CHECK(closing_of(cursor, 1h, 5min) == at("2026-09-01T13:05:00Z"));
  CHECK(closing_of(cursor, 60s, 1500ms, 7s) == at("2026-09-01T12:01:09Z"));
  CHECK(closing_of(at("2026-09-01T00:00:00Z"), 24h, 1h) == at("2026-09-02T01:00:00Z"));
}

TEST_CASE("what is closing is in the plan from that moment on, and not before it") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 500; ++i) {
    const auto width = std::vector<std::chrono::seconds>{
        60s, 1h, 24h}[static_cast<std::size_t>(test::pick(random, 0, 2))];
    const Milliseconds settle(test::pick(random, 0, 90'000'000));
    ledger::Lane some;
    some.origin = some.cursor = at("2026-09-01T00:00:00Z") + width * test::pick(random, 0, 900);
    const Instant closes = closing_of(some.cursor, width, settle);
    CHECK(plan(some, closes - 1s, width, 1000, settle, 0ms).empty());
    CHECK(plan(some, closes, width, 1000, settle, 0ms).size() == 1);
  }
}

TEST_CASE("the next poll comes when something can have changed, and no sooner than an interval") {
  struct Case {
    std::optional<Monotonic> bucket, tier;
    Monotonic next;
  };
  const auto& [bucket, tier, next] = GENERATE(
      Case{std::nullopt, std::nullopt, 25min}, Case{65min, std::nullopt, 65min},
      Case{12min, std::nullopt, 25min}, Case{65min, 40min, 40min}, Case{65min, 11min, 25min},
      // Server time is not sure: as if something were there.
      Case{std::nullopt, 65min, 25min});
  CHECK(next_poll({10min, 15min, bucket, tier}) == next);
}

TEST_CASE("instances ask at moments of their own, spread over less than a minute") {
  std::set<std::int64_t> places;
  for (int i = 0; i < 200; ++i) {
    const auto spread = spread_of("org-" + std::to_string(i), "usage", 15min);
    CHECK(spread == spread_of("org-" + std::to_string(i), "usage", 15min));
    CHECK(spread < 60s);
    places.insert(spread.count());
  }
  CHECK(places.size() > 40);
  CHECK(spread_of("org-1", "usage", 1min) < 15s);
  CHECK(spread_of("org-1", "usage", 3s) == 0s);
}

TEST_CASE("a day of hours and days of buckets is asked for as often as there is something new") {
  struct Case {
    std::chrono::seconds width;
    std::vector<streams::Tier> tiers;
    Milliseconds settle, interval;
    int polls, deep;  // at most, and how many of them read the deepest tier
  };
  const auto& [width, given, settle, interval, most, deep] =
      GENERATE_COPY(Case{1h, {{2h, 0s}, {26h, 1h}, {720h, 24h}}, 5min, 15min, 25, 1},
                    Case{1h, {{2h, 0s}, {26h, 1h}, {720h, 24h}}, 5min, 6h, 5, 1},
                    Case{60s, {{2h, 0s}, {26h, 1h}, {720h, 24h}}, 5min, 15min, 96, 1},
                    Case{24h, {{72h, 6h}, {840h, 24h}}, 1h, 2h, 5, 1},
                    Case{24h, {{72h, 0s}, {840h, 24h}}, 1h, 2h, 2, 1}, Case{24h, {}, 1h, 2h, 1, 0},
                    Case{24h, {{72h, 0s}}, 1h, 24h, 1, 1});
  // However the start lies to the buckets: three days, of which the last one counts.
  const auto offset = GENERATE(0s, 7s, 1000s, 3599s, 20'000s, 70'000s);
  const Instant began = at("2026-09-01T00:00:00Z") + offset;
  Tiers started(given);
  ledger::Lane some;
  some.origin = streams::align_down(began - 40 * 24h, width);
  some.cursor = some.origin;
  int polls = 0, depth = 0;
  Monotonic now = 0s;
  while (now < 72h) {
    const Instant server = began + std::chrono::floor<std::chrono::seconds>(now);
    const Instant newest = streams::newest_boundary(server, width, settle);
    const auto until = [&](Instant cursor) {
      return now + (closing_of(cursor, width, settle, 9s) - server);
    };
    std::optional<Monotonic> next;
    if (newest > some.cursor) next = std::max<Monotonic>(until(newest), now + interval);
    const Milliseconds look_back = started.due(now, next);
    started.done(look_back, now);
    if (now >= 48h) {
      ++polls;
      depth += look_back == started.deepest() && !given.empty() ? 1 : 0;
    }
    some.cursor = newest;
    const Monotonic bucket = until(newest);
    const Monotonic then = next_poll({now, interval, bucket, started.own_poll(bucket, interval)});
    // What is closed and settled waits no longer than the interval.
    CHECK(then <= std::max<Monotonic>(bucket, now + interval));
    now = then;
  }
  CAPTURE(offset, width, interval);
  CHECK(polls <= most);
  if (given.size() > 1) CHECK(depth == deep);
}

TEST_CASE("a shallow read does not count for the deeper tiers") {
  Tiers started = hourly();
  started.done(168h, 0s);
  started.done(26h, 23h);

  CHECK(started.due(23h + 30min) == 2h);
  CHECK(started.due(24h) == 168h);
}

TEST_CASE("a read that failed stays due") {
  Tiers started = hourly();
  CHECK(started.due(0s) == 168h);
  CHECK(started.due(1h) == 168h);
}

ledger::Lane lane(Instant origin, Instant cursor) {
  ledger::Lane lane;
  lane.origin = origin;
  lane.cursor = cursor;
  return lane;
}

TEST_CASE("a poll asks from the cursor to the newest settled boundary") {
  const auto windows = plan(lane(at("2026-09-01T00:00:00Z"), at("2026-09-01T10:00:00Z")),
                            at("2026-09-01T13:04:59Z"), 1h, 168, 5min, 0ms);

  REQUIRE(windows.size() == 1);
  CHECK(windows[0] == Window{at("2026-09-01T10:00:00Z"), at("2026-09-01T12:00:00Z")});
}

TEST_CASE("the look-back reaches behind the cursor but not before the origin") {
  struct Case {
    Milliseconds look_back;
    std::string_view start;
  };
  const auto [look_back, start] =
      GENERATE(Case{2h, "2026-09-01T10:00:00Z"}, Case{90min, "2026-09-01T10:00:00Z"},
               Case{168h, "2026-09-01T06:00:00Z"});

  const auto windows = plan(lane(at("2026-09-01T06:00:00Z"), at("2026-09-01T12:00:00Z")),
                            at("2026-09-01T12:30:00Z"), 1h, 168, 0ms, look_back);

  REQUIRE(windows.size() == 1);
  CHECK(windows[0] == Window{at(start), at("2026-09-01T12:00:00Z")});
}

TEST_CASE("what the ledger forgot is never read again, however deep the look-back is") {
  ledger::Lane some = lane(at("2026-09-01T00:00:00Z"), at("2026-09-10T12:00:00Z"));
  some.forgotten = at("2026-09-09T00:00:00Z");

  const auto windows = plan(some, at("2026-09-10T12:30:00Z"), 1h, 168, 0ms, 168h);

  REQUIRE(windows.size() == 1);
  CHECK(windows[0] == Window{at("2026-09-09T00:00:00Z"), at("2026-09-10T12:00:00Z")});
}

TEST_CASE("what lies twice as far back as the look-back is forgotten, a day at a time") {
  struct Case {
    std::string_view newest, forgotten, expected;
  };
  const auto& [newest, forgotten, expected] =
      GENERATE(Case{"2026-09-10T12:00:00Z", "", "2026-09-08T00:00:00Z"},
               Case{"2026-09-10T04:00:00Z", "", "2026-09-08T00:00:00Z"},
               Case{"2026-09-10T03:59:59Z", "", "2026-09-07T00:00:00Z"},
               // Nothing new to forget, nothing that the lane ever had.
               Case{"2026-09-10T12:00:00Z", "2026-09-08T00:00:00Z", ""},
               Case{"2026-09-03T03:59:59Z", "", ""},
               // A lane that ended is forgotten as the stream goes on, up to its end.
               Case{"2026-10-10T12:00:00Z", "2026-09-08T00:00:00Z", "2026-09-10T12:00:00Z"},
               Case{"2026-10-10T12:00:00Z", "2026-09-10T12:00:00Z", ""});
  ledger::Lane some = lane(at("2026-09-01T00:00:00Z"), at("2026-09-10T12:00:00Z"));
  if (!forgotten.empty()) some.forgotten = at(forgotten);

  const auto before = plan_forgetting(some, at(newest), 26h);

  CHECK(before == (expected.empty() ? std::nullopt : std::optional(at(expected))));
}

TEST_CASE("without a look-back everything before the cursor may be forgotten, nothing behind it") {
  const auto some = lane(at("2026-09-01T00:00:00Z"), at("2026-09-10T12:00:00Z"));
  CHECK(plan_forgetting(some, some.cursor, 0ms) == at("2026-09-10T00:00:00Z"));
}

TEST_CASE("the deepest tier bounds what is remembered") {
  CHECK(hourly().deepest() == 168h);
  CHECK(Tiers({}).deepest() == 0ms);
}

TEST_CASE("an empty range is never asked for") {
  struct Case {
    std::string_view origin, cursor, now;
    Milliseconds look_back;
  };
  const auto& [origin, cursor, now, look_back] =
      GENERATE(Case{"2026-09-01T00:00:00Z", "2026-09-01T12:00:00Z", "2026-09-01T12:59:59Z", 0ms},
               // The lane begins now, or when its first bucket closes.
               Case{"2026-09-01T12:00:00Z", "2026-09-01T12:00:00Z", "2026-09-01T12:00:00Z", 2h},
               Case{"2026-09-02T00:00:00Z", "2026-09-02T00:00:00Z", "2026-09-01T12:00:00Z", 168h},
               // Server time went back.
               Case{"2026-09-01T00:00:00Z", "2026-09-05T00:00:00Z", "2026-08-31T12:00:00Z", 2h});

  CHECK(plan(lane(at(origin), at(cursor)), at(now), 1h, 168, 0ms, look_back).empty());
}

TEST_CASE("a lane that a newer grain ended is read up to its end only") {
  ledger::Lane ended = lane(at("2026-09-01T00:00:00Z"), at("2026-09-01T12:00:00Z"));
  ended.end = at("2026-09-01T14:00:00Z");

  const auto windows = plan(ended, at("2026-09-02T00:00:00Z"), 1h, 168, 0ms, 168h);

  REQUIRE(windows.size() == 1);
  CHECK(windows[0] == Window{at("2026-09-01T00:00:00Z"), at("2026-09-01T14:00:00Z")});
}

TEST_CASE("whatever the clock and the settings, a plan keeps its bounds") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  const Instant base = at("2026-01-01T00:00:00Z");
  for (int i = 0; i < 2000; ++i) {
    const auto width = std::vector<std::chrono::seconds>{
        60s, 1h, 24h}[static_cast<std::size_t>(test::pick(random, 0, 2))];
    const auto somewhen = [&] { return base + width * test::pick(random, 0, 400); };
    ledger::Lane some = lane(somewhen(), {});
    some.cursor = some.origin + width * test::pick(random, 0, 50);
    if (test::pick(random, 0, 2) == 0) some.end = somewhen();
    const Instant now = somewhen() + std::chrono::seconds(test::pick(random, 0, 86400));
    const Milliseconds settle(test::pick(random, 0, 7'200'000));
    const Milliseconds look_back(test::pick(random, 0, 604'800'000));
    const std::int64_t most = test::pick(random, 1, 40);

    const auto windows = plan(some, now, width, most, settle, look_back);

    Instant previous{};
    for (const Window& window : windows) {
      REQUIRE(window.start < window.end);
      REQUIRE(window.start >= some.origin);
      if (some.end) REQUIRE(window.end <= *some.end);
      REQUIRE(window.end <= now - settle);
      REQUIRE((window.end - window.start) % width == 0s);
      REQUIRE((window.end - window.start) / width <= most);
      REQUIRE(streams::align_down(window.start, width) == window.start);
      if (previous != Instant{}) REQUIRE(window.start == previous);
      previous = window.end;
    }
    // Nothing between the cursor and the newest boundary is left out.
    Instant goal = streams::newest_boundary(now, width, settle);
    if (some.end) goal = std::min(goal, *some.end);
    if (goal > some.cursor) {
      REQUIRE_FALSE(windows.empty());
      REQUIRE(windows.front().start <= some.cursor);
      REQUIRE(windows.back().end == goal);
    }
  }
}

TEST_CASE("the first lane begins the initial interval ago, on a boundary") {
  CHECK(origin_of(std::nullopt, at("2026-09-02T12:34:56Z"), 1h, 24h) == at("2026-09-01T12:00:00Z"));
  CHECK(origin_of(std::nullopt, at("2026-09-08T12:34:56Z"), 24h, 168h) ==
        at("2026-09-01T00:00:00Z"));
}

TEST_CASE("a lane that follows another begins where that one stopped, on a boundary of its own") {
  const Instant now = at("2026-09-02T12:00:00Z");
  CHECK(origin_of(at("2026-09-02T10:00:00Z"), now, 1h, 24h) == at("2026-09-02T10:00:00Z"));
  CHECK(origin_of(at("2026-09-02T10:00:00Z"), now, 24h, 24h) == at("2026-09-03T00:00:00Z"));
  CHECK(origin_of(at("2026-09-02T00:00:00Z"), now, 60s, 24h) == at("2026-09-02T00:00:00Z"));
}

TEST_CASE("a backfill reads windows before the origin, newest first, until it is there") {
  ledger::Lane some = lane(at("2026-09-01T06:00:00Z"), at("2026-09-02T00:00:00Z"));
  const Instant from = at("2026-09-01T00:30:00Z");

  const auto first = plan_backfill(some, from, 1h, 4);
  REQUIRE(first.has_value());
  CHECK(*first == Window{at("2026-09-01T02:00:00Z"), at("2026-09-01T06:00:00Z")});
  some.origin = first->start;
  const auto second = plan_backfill(some, from, 1h, 4);
  REQUIRE(second.has_value());
  CHECK(*second == Window{at("2026-09-01T00:00:00Z"), at("2026-09-01T02:00:00Z")});
  some.origin = second->start;
  CHECK_FALSE(plan_backfill(some, from, 1h, 4).has_value());
}

TEST_CASE("a backfill to a time after the origin has nothing to do") {
  const auto some = lane(at("2026-09-01T06:00:00Z"), at("2026-09-02T00:00:00Z"));

  CHECK_FALSE(plan_backfill(some, at("2026-09-01T06:30:00Z"), 1h, 4).has_value());
}

TEST_CASE("the pause after a failure suits what can help") {
  struct Case {
    Errc code;
    int failures;
    Milliseconds interval, asked, pause;
  };
  const auto [code, failures, interval, asked, pause] = GENERATE(
      Case{Errc::transient, 1, 5min, 0s, 5min}, Case{Errc::transient, 50, 5min, 0s, 5min},
      Case{Errc::throttled, 1, 5min, 20min, 20min}, Case{Errc::throttled, 1, 5min, 1s, 5min},
      Case{Errc::protocol, 9, 5min, 0s, 5min}, Case{Errc::state, 9, 5min, 0s, 5min},
      Case{Errc::unauthorized, 1, 5min, 0s, 5min}, Case{Errc::unauthorized, 2, 5min, 0s, 10min},
      Case{Errc::forbidden, 3, 5min, 0s, 20min}, Case{Errc::configuration, 4, 5min, 0s, 40min},
      Case{Errc::unauthorized, 5, 5min, 0s, 1h},
      Case{Errc::unauthorized, 2'000'000'000, 5min, 0s, 1h},
      Case{Errc::unauthorized, 9, 6h, 0s, 6h}, Case{Errc::forbidden, 1, 5min, 30min, 30min});
  CAPTURE(name(code), failures);

  CHECK(pause_after(code, failures, interval, asked) == pause);
}

}  // namespace
}  // namespace anthropic_metrics
