// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "collect/emitter.hpp"
#include "collect/observer.hpp"
#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;

const Instant noon{std::chrono::sys_days(std::chrono::year(2026) / 9 / 11) + 12h};

StreamStatus busy() {
  StreamStatus status;
  status.health = Health::degraded;
  status.message = "HTTP 429";
  status.last_success = noon - 10min;
  status.cursor = noon - 1h;
  status.next_due = noon + 5min;
  status.error_code = "throttled";
  status.error_status = 429;
  status.polls = 3;
  status.pages = 4;
  status.requests = 7;
  status.retries = 2;
  status.throttled = 1;
  status.bytes = 12'345;
  status.documents = 50;
  status.corrections = 6;
  status.correction_tokens = 700;
  status.correction_amount = *Decimal::parse("1.25");
  status.set_aside[noon - 2h].rows = 2;
  status.set_aside[noon - 3h].rows = 1;
  return status;
}

TEST_CASE("counters of a health document are of the time since the one before") {
  StreamStatus later = busy();
  later.polls += 2;
  later.bytes += 5;
  later.correction_amount = *Decimal::parse("1.5");
  const auto seen = difference("usage", busy(), later, noon);
  CHECK(seen.polls == 2);
  CHECK(seen.bytes == 5);
  CHECK(seen.requests == 0);
  CHECK(seen.correction_amount == "0.25");
  CHECK(seen.lag_seconds == 3600);
}

TEST_CASE("a credential is accepted once an answer came, and refused until the next one") {
  StreamStatus status;
  CHECK(difference("usage", {}, status, noon).credential == "unknown");
  status.refused = true;
  CHECK(difference("usage", {}, status, noon).credential == "refused");
  CHECK(difference("usage", {}, busy(), noon).credential == "accepted");
}

/// What an instance that begins at noon tells of it.
std::string told(const std::vector<streams::Observation>& seen) {
  const auto* stream = streams::find("health");
  REQUIRE(stream != nullptr);
  REQUIRE(stream->observing());
  auto ledger = ledger::Ledger::open("");
  REQUIRE(ledger);
  Delivery delivery(**ledger, 10, false, Milliseconds(0), nullptr);
  streams::StreamSettings settings;
  settings.tags = {"forwarded"};
  ledger::Lane lane;
  lane.stream = "health";
  Emitter emitter(*stream, settings, stream->observed_layout(),
                  "11111111-2222-4333-8444-555555555555", lane, **ledger, delivery, 100, 1 << 20);
  Emitter::SnapshotIds ids;
  REQUIRE(emitter.emit_snapshot(stream->observe(seen), noon, ids));
  const auto batch = delivery.hand_out({});
  REQUIRE(batch);
  REQUIRE(*batch != nullptr);
  return std::string((*batch)->ndjson);
}

TEST_CASE("health documents equal the golden file") {
  StreamStatus fresh;
  fresh.health = Health::healthy;
  fresh.last_success = noon;
  check_golden(
      {std::filesystem::path(AM_SOURCE_DIR) / "tests/fixtures/health/two-streams", "health"},
      told({difference("rate_limit", {}, fresh, noon), difference("usage", {}, busy(), noon)}));
}

TEST_CASE("what two starts of one second tell has one id only where it is the same") {
  const auto id = [](const StreamStatus& now) {
    const std::string document = told({difference("usage", {}, now, noon)});
    const std::size_t begin = document.find("\"id\":\"") + 6;
    return document.substr(begin, document.find('"', begin) - begin);
  };
  StreamStatus more = busy();
  ++more.requests;
  StreamStatus ill = busy();
  ill.health = Health::failed;
  const std::string first = id(busy());
  CHECK(first.size() == document_id_size);
  CHECK(id(busy()) == first);
  CHECK(id(more) != first);
  CHECK(id(ill) != first);
}

}  // namespace
}  // namespace anthropic_metrics::test
