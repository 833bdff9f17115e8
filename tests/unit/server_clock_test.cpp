// SPDX-License-Identifier: Apache-2.0
#include "collect/server_clock.hpp"

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::FakeClock;

TEST_CASE("server time is unknown before the first answer") {
  FakeClock steady;
  CHECK_FALSE(ServerClock(steady).known());
}

TEST_CASE("server time is the answer's date carried forward by the monotonic clock") {
  FakeClock steady;
  ServerClock clock(steady);
  clock.observe(at("2026-09-01T12:00:00Z"), steady.time);

  REQUIRE(clock.known());
  CHECK(clock.now() == at("2026-09-01T12:00:00Z"));
  steady.time += 999ms;
  CHECK(clock.now() == at("2026-09-01T12:00:00Z"));
  steady.time += 1ms;
  CHECK(clock.now() == at("2026-09-01T12:00:01Z"));
  steady.time += 24h;
  CHECK(clock.now() == at("2026-09-02T12:00:01Z"));
}

// The class has no other source of time, so a host whose wall clock is a day off asks for the same
// windows: only differences of the monotonic clock count, whatever it reads.
TEST_CASE("what the host's clock reads changes nothing, only how far it moves") {
  const auto offset =
      GENERATE(Monotonic(0), Monotonic(-24h), Monotonic(24h), Monotonic(1788220800s));
  FakeClock steady;
  steady.time = offset;
  ServerClock clock(steady);

  clock.observe(at("2026-09-01T12:00:00Z"), steady.time);
  steady.time += 90s;

  CHECK(clock.now() == at("2026-09-01T12:01:30Z"));
}

TEST_CASE("an answer that waited before it was looked at is dated when it arrived") {
  FakeClock steady;
  ServerClock clock(steady);
  const Monotonic arrived = steady.time;
  steady.time += 10s;

  clock.observe(at("2026-09-01T12:00:00Z"), arrived);

  CHECK(clock.now() == at("2026-09-01T12:00:10Z"));
}

TEST_CASE("dates that lag by less than two seconds do not turn the clock back") {
  FakeClock steady;
  ServerClock clock(steady);
  clock.observe(at("2026-09-01T12:00:10Z"), steady.time);

  clock.observe(at("2026-09-01T12:00:09Z"), steady.time);

  CHECK(clock.now() == at("2026-09-01T12:00:10Z"));
}

TEST_CASE("a server clock that was set back is followed") {
  FakeClock steady;
  ServerClock clock(steady);
  clock.observe(at("2026-09-01T12:00:10Z"), steady.time);

  clock.observe(at("2026-09-01T12:00:08Z"), steady.time);

  CHECK(clock.now() == at("2026-09-01T12:00:08Z"));
}

TEST_CASE("a date ahead of the expected time is taken at once") {
  FakeClock steady;
  ServerClock clock(steady);
  clock.observe(at("2026-09-01T12:00:00Z"), steady.time);
  steady.time += 5s;

  clock.observe(at("2026-09-01T12:00:06Z"), steady.time);

  CHECK(clock.now() == at("2026-09-01T12:00:06Z"));
}

TEST_CASE("a date days ahead moves time only when another answer some seconds later agrees") {
  FakeClock steady;
  ServerClock clock(steady);
  const Instant began = at("2026-09-01T12:00:00Z");
  clock.observe(began, steady.time);
  CHECK_FALSE(clock.confirmed().has_value());
  steady.time += 10s;

  clock.observe(began + 24h * 30, steady.time);
  CHECK(clock.now() == began + 10s);
  CHECK_FALSE(clock.steady());

  steady.time += 1s;  // The same wrong server, in the same breath.
  clock.observe(began + 24h * 30, steady.time);
  CHECK(clock.now() == began + 11s);

  steady.time += 10s;
  clock.observe(began + 21s, steady.time);
  CHECK(clock.now() == began + 21s);
  CHECK(clock.confirmed() == began + 21s);
  steady.time += 10s;
  clock.observe(began + 31s, steady.time);
  CHECK(clock.steady());
}

TEST_CASE("one answer of this run and one of the run before confirm the earlier time") {
  struct Case {
    std::string_view then, now, confirmed;
  };
  const auto [then, now, confirmed] =
      GENERATE(Case{"2026-09-01T12:00:00Z", "2026-09-02T12:00:00Z", "2026-09-01T12:00:00Z"},
               Case{"2026-10-01T12:00:00Z", "2026-09-02T12:00:00Z", "2026-09-02T12:00:00Z"});
  FakeClock steady;
  ServerClock clock(steady);
  clock.remember(at(then));
  CHECK_FALSE(clock.confirmed().has_value());

  clock.observe(at(now), steady.time);

  CHECK(clock.confirmed() == at(confirmed));
  CHECK(clock.remembers_wrongly() == (then > now));
  CHECK_FALSE(clock.steady());
}

TEST_CASE("with jittering dates the clock never runs ahead of the server and never goes back") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  FakeClock steady;
  ServerClock clock(steady);
  const Monotonic began = steady.time;
  const Instant truth_began = at("2026-09-01T12:00:00Z");
  Instant last{};
  for (int i = 0; i < 2000; ++i) {
    steady.time += Milliseconds(test::pick(random, 0, 2500));
    // Written up to 900 ms before it arrived, cut to the second.
    const auto written = steady.time - Milliseconds(test::pick(random, 0, 900));
    if (written < began) continue;
    clock.observe(truth_began + std::chrono::floor<std::chrono::seconds>(written - began),
                  steady.time);

    const Instant now = clock.now();

    const Instant truth =
        truth_began + std::chrono::floor<std::chrono::seconds>(steady.time - began);
    REQUIRE(now <= truth);
    REQUIRE(truth - now <= 2s);
    REQUIRE(now >= last);
    last = now;
  }
}

}  // namespace
}  // namespace anthropic_metrics
