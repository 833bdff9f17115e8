// SPDX-License-Identifier: Apache-2.0
// What a driver asks for and what it makes of the answers.
#include "collect/driver.hpp"

#include "collect/schedule.hpp"
#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::at;
using test::contains;
using test::me;
using test::refusal;
using test::time_in;
using test::Usage;
using test::World;

TEST_CASE("the first poll learns the organization and reads the initial interval") {
  Usage usage;

  usage.run(0s);

  CHECK(usage.world.organization_id == "org-1");
  REQUIRE(usage.asked().size() == 1);
  CHECK(time_in(usage.asked()[0], "starting_at") == at("2026-09-01T09:00:00Z"));
  CHECK(time_in(usage.asked()[0], "ending_at") == at("2026-09-01T12:00:00Z"));
  CHECK(usage.status().documents == 3);
  CHECK(usage.status().cursor == at("2026-09-01T12:00:00Z"));
  CHECK(usage.status().health == Health::healthy);
  CHECK(usage.world.host.health == std::vector<std::string>{"1 usage: "});
  CHECK(usage.world.host.log ==
        std::vector<std::string>{
            "3 organization: collecting organization org-1, server time 2026-09-01T12:30:00Z"});
}

TEST_CASE("nothing is asked for until an hour is closed and settled, once the time is sure") {
  Usage usage(1000, Usage::hourly);

  // The first answers are one witness of the time: as if something were there. Then two agree.
  usage.collect(25min);
  CHECK(usage.asked().size() == 2);
  const Instant due = at("2026-09-01T13:00:00Z") + spread_of("org-1", "usage", 5min);
  CHECK(usage.status().next_due == due);

  usage.collect(due - at("2026-09-01T12:30:00Z") - 1s);
  CHECK(usage.asked().size() == 2);
  usage.collect(31min);
  REQUIRE(usage.asked().size() == 3);
  CHECK(time_in(usage.asked()[2], "ending_at") == at("2026-09-01T13:00:00Z"));
  CHECK(usage.status().next_due == due + 1h);

  // What is known is read along with it and emits nothing while it stays the same.
  usage.collect(10h + 31min);
  CHECK(usage.asked().size() == 13);
  CHECK(usage.status().documents == 3 + 11);
  CHECK(usage.status().corrections == 0);
}

TEST_CASE("what was asked for in vain is asked for again after an interval") {
  Usage usage(1000, Usage::hourly);
  usage.collect(25min);
  usage.instead = [](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    return Answer{.pieces = {R"({"data":[],"has_more":false,"next_page":null})"}};
  };
  usage.collect(31min);
  CHECK(usage.asked().size() == 3);
  CHECK(usage.status().gaps == 1);
  usage.collect(36min + 30s);
  CHECK(usage.asked().size() == 4);
  usage.instead = nullptr;
  usage.collect(41min + 30s);
  CHECK(usage.asked().size() == 5);
  CHECK(usage.status().cursor == at("2026-09-01T13:00:00Z"));
  usage.collect(80min);
  CHECK(usage.asked().size() == 5);
}

TEST_CASE("a machine that slept asks within an interval of waking") {
  Usage usage(1000, Usage::hourly);
  usage.collect(32min);
  const auto before = usage.asked().size();

  usage.world.host.slept = 8h;
  usage.collect(38min);

  CHECK(usage.asked().size() == before + 1);
}

TEST_CASE("a restated bucket is corrected at the next poll") {
  Usage usage;
  usage.run(0s);
  usage.tokens = 12;

  usage.run(5min);

  CHECK(usage.status().documents == 5);  // The shallow tier covers two hours.
  CHECK(usage.status().corrections == 2);
  Batch last;
  for (std::shared_ptr<Batch> batch; (batch = test::must(usage.world.delivery.hand_out({})));)
    last = *batch;
  CHECK(contains(last.ndjson, R"("uncached_input_tokens":2)"));
  CHECK(contains(last.ndjson, R"("revision":1)"));
}

TEST_CASE("what the host's steady clock reads changes no request") {
  const auto offset = GENERATE(Monotonic(0), Monotonic(24h), Monotonic(1'000'000h));
  Usage usage;
  usage.world.host.time += offset;
  usage.world.transport.answer = [&](const std::string& target) {
    Answer answer = usage.good(target);
    answer.headers = {{"Date", "Tue, 01 Sep 2026 12:30:00 GMT"}};
    return answer;
  };

  usage.world.run(usage.world.host.time);

  REQUIRE(usage.asked().size() == 1);
  CHECK(time_in(usage.asked()[0], "ending_at") == at("2026-09-01T12:00:00Z"));
}

TEST_CASE("nothing to fetch yet is healthy and moves no cursor") {
  Usage usage;
  usage.instead = [](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    return refusal(400, "invalid_request_error",
                   "Invalid date range: ending_at must be after starting_at");
  };

  usage.run(1min);

  CHECK(usage.status().health == Health::healthy);
  CHECK(usage.status().cursor == at("2026-09-01T09:00:00Z"));
}

TEST_CASE("nothing to fetch yet before any date was seen does not ask for server time") {
  Usage usage;
  usage.world.transport.answer = [](const std::string&) {
    return refusal(400, "invalid_request_error", "Invalid date range");
  };

  usage.run(1min);

  CHECK_FALSE(usage.status().last_success.has_value());
  CHECK(usage.status().documents == 0);
}

TEST_CASE("while the host is behind nothing more is asked for") {
  Usage usage(1);

  usage.run(1h);

  CHECK(usage.world.room.waiting() == 1);
  CHECK(usage.world.sleeper.sleeping() == 0);
  CHECK(usage.asked().size() == 1);
  const auto batch = test::must(usage.world.delivery.hand_out({}));
  test::must(usage.world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
  usage.world.room.open_all();
  usage.run(0s);
  CHECK(usage.world.room.waiting() == 0);
  CHECK(usage.world.sleeper.sleeping() == 1);
}

}  // namespace
}  // namespace anthropic_metrics
