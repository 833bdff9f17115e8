// SPDX-License-Identifier: Apache-2.0
#include "collect/observer.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::at;

TEST_CASE("counters of an observation are those since the last one, states are current") {
  StreamStatus before, now;
  before.polls = 10;
  before.requests = 20;
  before.documents = 30;
  before.correction_amount = *Decimal::parse("0.1");
  now = before;
  now.polls = 11;
  now.requests = 23;
  now.documents = 37;
  now.correction_amount = *Decimal::parse("0.3");
  now.health = Health::healthy;
  now.cursor = at("2026-09-01T12:00:00Z");
  now.last_success = at("2026-09-01T12:30:00Z");

  const auto seen = difference("usage", before, now, at("2026-09-01T12:34:56Z"));

  CHECK(seen.stream == "usage");
  CHECK(seen.health == "healthy");
  CHECK(seen.polls == 1);
  CHECK(seen.requests == 3);
  CHECK(seen.documents == 7);
  CHECK(seen.correction_amount == "0.2");
  CHECK(seen.newest_final == at("2026-09-01T12:00:00Z"));
  CHECK(seen.lag_seconds == 34 * 60 + 56);
  CHECK(seen.credential == "accepted");
  CHECK(seen.error_code.empty());
  CHECK_FALSE(seen.error_status.has_value());
}

TEST_CASE("what is not known is not observed") {
  const auto seen = difference("usage", {}, {}, std::nullopt);

  CHECK(seen.health == "starting");
  CHECK(seen.credential == "unknown");
  CHECK_FALSE(seen.newest_final.has_value());
  CHECK_FALSE(seen.lag_seconds.has_value());
  CHECK(seen.correction_amount.empty());
}

TEST_CASE("a refused credential is observed with the status that said so") {
  StreamStatus now;
  now.health = Health::failed;
  now.refused = true;
  now.error_status = 401;
  now.error_code = "unauthorized";
  now.last_success = at("2026-09-01T12:30:00Z");

  const auto seen = difference("usage", {}, now, std::nullopt);

  CHECK(seen.credential == "refused");
  CHECK(seen.error_code == "unauthorized");
  CHECK(seen.error_status == 401);
}

TEST_CASE("an error after a good answer has no status") {
  StreamStatus now;
  now.http_status = 200;
  now.error_code = "protocol";

  CHECK_FALSE(difference("usage", {}, now, std::nullopt).error_status.has_value());
}

/// The health stream of an instance whose other streams do what a test says.
struct Watched {
  test::World world;
  const StreamChoice& choice =
      *std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                    [](const StreamChoice& one) { return one.stream->observing(); });
  Observer observer{world.services, choice};

  Watched() {
    boost::asio::co_spawn(*world.loop, observer.run(), boost::asio::detached);
    world.run(world.began());
  }
  ~Watched() { world.loop.reset(); }

  /// As after a first answer of the API.
  void know() {
    world.organization_id = "org-1";
    world.server_clock.observe(at("2026-09-01T12:30:00Z"), world.host.time);
  }
  void becomes(const char* stream, Health health, const char* code = "", bool refused = false) {
    world.status.update(stream, [&](StreamStatus& s) {
      s.health = health;
      s.error_code = code;
      s.refused = refused;
      ++s.requests;
    });
  }
  /// Documents that looking makes.
  std::int64_t look() {
    const std::int64_t before = documents();
    observer.look();
    return documents() - before;
  }
  std::int64_t documents() const { return world.status.stream("health").documents; }
};

TEST_CASE("a stream's change is told once and at once, counters are told each interval") {
  Watched watched;
  watched.becomes("usage", Health::healthy);
  CHECK(watched.look() == 0);  // whose, and when, is not known
  watched.know();
  CHECK(watched.look() == 1);
  CHECK(watched.look() == 0);

  watched.world.host.time += 2s;
  watched.becomes("usage", Health::healthy);
  CHECK(watched.look() == 0);
  watched.becomes("usage", Health::degraded, "transient");
  watched.becomes("cost", Health::failed, "unauthorized", true);
  CHECK(watched.look() == 2);
  watched.world.host.time += 2s;
  watched.becomes("usage", Health::degraded, "throttled");
  CHECK(watched.look() == 1);
  watched.world.host.time += 2s;
  watched.becomes("cost", Health::healthy);
  CHECK(watched.look() == 1);

  const std::int64_t before = watched.documents();
  watched.world.run(watched.world.began() + 1h);
  const auto others = static_cast<std::int64_t>(watched.world.settings.streams.size()) - 1;
  CHECK(others >= 3);
  CHECK(watched.documents() - before == 12 * others);
}

TEST_CASE("what changes twice in a second is told in the next") {
  Watched watched;
  watched.know();
  watched.becomes("usage", Health::healthy);
  CHECK(watched.look() == 1);
  watched.becomes("usage", Health::degraded, "transient");
  CHECK(watched.look() == 0);
  watched.world.host.time += 1s;
  CHECK(watched.look() == 1);
  CHECK(watched.look() == 0);
}

}  // namespace
}  // namespace anthropic_metrics
