// SPDX-License-Identifier: Apache-2.0
// What a person sees of a driver: log lines, health and status.
#include <algorithm>

#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::contains;
using test::me;
using test::refusal;
using test::Usage;
using test::World;

TEST_CASE("a refused key fails the stream, is told once, and recovers by itself") {
  struct Case {
    Answer answer;
    std::vector<std::string> says;
  };
  const auto& [answer, says] =
      GENERATE(Case{refusal(401, "authentication_error", "invalid x-api-key"),
                    {"valid", "Admin key", "sk-ant-admin"}},
               Case{refusal(403, "permission_error", "not allowed"), {"admin", "Admin API"}});
  Usage usage;
  usage.instead = [answer = answer](const std::string&) { return answer; };
  usage.run(25min);

  CHECK(usage.status().health == Health::failed);
  REQUIRE(usage.world.host.log.size() == 1);
  CHECK(usage.world.host.log[0].starts_with("1 usage: GET /v1/organizations/me: HTTP " +
                                            std::to_string(answer.status)));
  for (const auto& part : says) CHECK(contains(usage.world.host.log[0], part));
  REQUIRE(usage.world.host.health.size() == 1);
  CHECK(usage.world.host.health[0].starts_with("3 usage: GET /v1/organizations/me: HTTP "));
  CHECK(contains(usage.world.status.last_error(), ": HTTP "));
  CHECK(usage.status().documents == 0);

  usage.instead = nullptr;
  usage.run(2h);
  CHECK(usage.status().health == Health::healthy);
  CHECK(usage.status().message.empty());
  CHECK(std::count(usage.world.host.log.begin(), usage.world.host.log.end(),
                   "3 usage: recovered") == 1);
  CHECK(usage.world.host.health.back() == "1 usage: ");
}

TEST_CASE("polling slows down while the key is refused, up to an hour") {
  Usage usage;
  usage.instead = [](const std::string&) { return refusal(401, "authentication_error", "x"); };

  usage.run(5h);

  const auto& sent = usage.world.transport.sent;
  REQUIRE(sent.size() >= 7);
  std::vector<Monotonic> waits;
  for (std::size_t i = 1; i < 7; ++i) waits.push_back(sent[i].when - sent[i - 1].when);
  CHECK(waits == std::vector<Monotonic>{5min, 10min, 20min, 40min, 1h, 1h});
}

TEST_CASE("a replaced key is noticed within an interval") {
  Usage usage;
  usage.instead = [&](const std::string&) -> std::optional<Answer> {
    if (usage.world.key == World::first_key) return refusal(401, "authentication_error", "x");
    return std::nullopt;
  };
  usage.run(4h);
  const Monotonic replaced = usage.world.host.time;

  usage.world.key = "sk-ant-admin01-second-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";
  usage.world.run(replaced + 5min);

  CHECK(usage.status().health == Health::healthy);
}

constexpr const char* second_key =
    "sk-ant-admin01-second-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";

TEST_CASE("a key that is replaced while it is refused is used at once, in the same poll") {
  Usage usage;
  // The environment changes between what the transport read and the refusal.
  usage.instead = [&](const std::string&) -> std::optional<Answer> {
    if (usage.world.key != World::first_key) return std::nullopt;
    usage.world.key = second_key;
    return refusal(401, "authentication_error", "x");
  };
  usage.run(0s);

  CHECK(usage.status().health == Health::healthy);
  CHECK(usage.status().documents == 3);
  CHECK(usage.status().retries == 1);
  CHECK(usage.status().polls == 1);
  const auto& sent = usage.world.transport.sent;
  REQUIRE(sent.size() == 3);  // The organization twice, then the report.
  CHECK(sent[0].target == sent[1].target);
  REQUIRE_FALSE(usage.world.host.log.empty());
  CHECK(contains(usage.world.host.log[0], "a new one is in its place (environment variable KEY)"));
  CHECK_FALSE(contains(usage.world.host.log[0], "CANARY"));
}

TEST_CASE("a replaced key that is refused too costs one more request, not a series") {
  Usage usage;
  int keys = 0;
  usage.instead = [&](const std::string&) -> std::optional<Answer> {
    usage.world.key = second_key + std::to_string(++keys);  // Another one each time.
    return refusal(401, "authentication_error", "x");
  };
  usage.run(0s);

  CHECK(usage.status().health == Health::failed);
  CHECK(usage.world.transport.sent.size() == 2);
}

TEST_CASE("a key that nobody replaced is not asked with twice") {
  Usage usage;
  usage.instead = [](const std::string&) { return refusal(401, "authentication_error", "x"); };
  usage.run(0s);

  CHECK(usage.world.transport.sent.size() == 1);
  CHECK(usage.status().retries == 0);
}

TEST_CASE("a bad answer is told with its JSON path, and the same window is fetched again") {
  struct Case {
    std::string body, says;
  };
  const auto& [body, says] = GENERATE(
      Case{"<html>", "$"}, Case{R"({"data":7})", "$.data"}, Case{R"({"data":[]})", "missing"},
      Case{R"({"data":[{"starting_at":"2026-09-01T09:00:00Z","ending_at":"2026-09-01T10:00:00Z",)"
           R"("results":{"uncached_input_tokens":1}}]})",
           "$.data[0].results expected an array"});
  Usage usage;
  usage.instead = [body = body](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    return Answer{.pieces = {body}};
  };
  usage.run(0s);

  CAPTURE(usage.status().message);
  CHECK(usage.status().health == Health::degraded);
  CHECK(contains(usage.status().message, says));
  CHECK(contains(usage.world.host.log.back(), says));
  CHECK(usage.world.host.log.back().starts_with("2 usage: "));
  CHECK(usage.status().cursor == test::at("2026-09-01T09:00:00Z"));  // Where it began.

  usage.instead = nullptr;
  usage.run(5min);
  REQUIRE(usage.asked().size() == 2);
  CHECK(usage.asked()[1] == usage.asked()[0]);
  CHECK(usage.status().documents == 3);
}

TEST_CASE("a page that names itself as the next one is a circle, told as such") {
  Usage usage;
  usage.instead = [](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    return Answer{.pieces = {R"({"data":[],"has_more":true,"next_page":"again"})"}};
  };

  usage.run(1min);

  CHECK(usage.asked().size() <= 3);
  CHECK(contains(usage.status().message, "circle"));
}

TEST_CASE("a key of another organization stops the stream before a row of it is stored") {
  Usage usage;
  usage.run(0s);
  usage.instead = [&](const std::string& target) {
    Answer answer = usage.good(target);
    answer.headers = {{"anthropic-organization-id", "org-2"}};
    return answer;
  };
  usage.tokens = 99;

  usage.run(5min);

  CHECK(usage.status().health == Health::failed);
  CHECK(contains(usage.status().message, "org-2"));
  CHECK(usage.status().documents == 3);
}

TEST_CASE("state of another organization is told with the remedy") {
  Usage usage;
  test::must(usage.world.ledger->bind_organization("org-0"));

  usage.run(0s);

  CHECK(contains(usage.status().message, "org-0"));
  CHECK(contains(usage.status().message, "state.path"));
  CHECK(usage.asked().empty());
}

TEST_CASE("the key is in no log line, health text or status") {
  Usage usage;
  usage.instead = [&](const std::string&) {
    return Answer{.refused = Error{Errc::configuration, "odd: " + usage.world.key}};
  };

  usage.run(0s);

  CHECK_FALSE(contains(usage.world.host.log.at(0), "first-key"));
  CHECK_FALSE(contains(usage.world.host.health.at(0), "first-key"));
  CHECK_FALSE(contains(usage.status().message, "first-key"));
  CHECK_FALSE(contains(usage.world.status.last_error(), "first-key"));
}

}  // namespace
}  // namespace anthropic_metrics
