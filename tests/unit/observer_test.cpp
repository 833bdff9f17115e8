// SPDX-License-Identifier: Apache-2.0
#include "observer.hpp"

#include "support.hpp"

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
  now.http_status = 401;
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

}  // namespace
}  // namespace anthropic_metrics
