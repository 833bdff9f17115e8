// SPDX-License-Identifier: Apache-2.0
#include "collect/requester.hpp"

#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::contains;
using test::World;

/// Remembers the last attempt's body.
struct Body {
  int attempts = 0;
  Instant date{};
  std::string text;
  std::optional<Error> fault;  ///< What is wrong with it at its end.

  ReadBody reader() {
    return [this](OpenAnswer& answer) -> boost::asio::awaitable<Result<void>> {
      ++attempts;
      date = answer.date();
      text.clear();
      for (;;) {
        const auto piece = co_await answer.piece();
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        text += *piece;
      }
      co_return fault ? Result<void>(*fault) : success();
    };
  }
};

/// One request in a world whose answers come from a list, the last one for ever.
struct Script {
  World world;
  Body body;
  Outcome<void> answered;
  std::vector<Answer> answers;

  explicit Script(std::vector<Answer> list) : answers(std::move(list)) {
    world.transport.answer = [this](const std::string&) {
      Answer answer = answers[std::min(world.transport.sent.size(), answers.size()) - 1];
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
  }
  void run() {
    boost::asio::co_spawn(
        *world.loop,
        [this]() -> boost::asio::awaitable<void> {
          net::Request message{"/v1/organizations/me", {}};
          const ReadBody read = body.reader();
          answered = co_await request(world.services, "usage", std::move(message), read);
        },
        boost::asio::detached);
    world.run();
  }
  std::size_t attempts() const { return world.transport.sent.size(); }
  Monotonic between(std::size_t a, std::size_t b) const {
    return world.transport.sent.at(b).when - world.transport.sent.at(a).when;
  }
};

Answer refusal(int status, const std::string& type, const std::string& message,
               std::vector<net::Header> headers = {}) {
  return {.status = status,
          .headers = std::move(headers),
          .pieces = {R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message +
                     R"("}})"}};
}

TEST_CASE("a good answer reaches the reader in one attempt and sets server time") {
  Script script({{.pieces = {"he", "llo"}}});

  script.run();

  CHECK(script.answered.has_value());
  CHECK(script.body.text == "hello");
  CHECK(script.body.date == test::at("2026-09-01T12:30:00Z"));
  CHECK(script.attempts() == 1);
  CHECK(script.world.server_clock.now() == test::at("2026-09-01T12:30:00Z"));
  CHECK(script.world.status.stream("usage").requests == 1);
  CHECK(script.world.status.stream("usage").retries == 0);
}

TEST_CASE("what only a person can mend is not tried again and says what to do") {
  struct Case {
    Answer answer;
    Errc code;
    std::string says;
  };
  const auto& [answer, code, says] =
      GENERATE(Case{refusal(401, "authentication_error", "invalid x-api-key"), Errc::unauthorized,
                    "sk-ant-admin"},
               Case{refusal(403, "permission_error", "no"), Errc::forbidden, "Admin API"},
               Case{refusal(404, "not_found_error", "no"), Errc::configuration, "HTTP 404"},
               Case{refusal(422, "invalid_request_error", "odd"), Errc::configuration, "HTTP 422"},
               Case{refusal(400, "invalid_request_error", "bucket_width: bad"), Errc::configuration,
                    "bucket_width"});
  Script script({answer});

  script.run();

  CAPTURE(script.answered.error().message);
  CHECK_FALSE(script.answered.has_value());
  CHECK(script.answered.error().code == code);
  CHECK(contains(script.answered.error().message, says));
  CHECK(script.attempts() == 1);
  CHECK(script.body.attempts == 0);
}

TEST_CASE("an empty date range means that there is nothing yet") {
  Script script({refusal(400, "invalid_request_error",
                         "Invalid date range: ending_at must be after starting_at")});

  script.run();

  CHECK(script.answered.error().code == Errc::nothing_yet);
  CHECK(script.attempts() == 1);
}

TEST_CASE("a passing failure is tried three times within seconds and then left to the next poll") {
  const auto& [answer, code] =
      GENERATE(std::pair<Answer, Errc>{refusal(500, "api_error", "x"), Errc::transient},
               std::pair<Answer, Errc>{refusal(529, "overloaded_error", "x"), Errc::transient},
               std::pair<Answer, Errc>{refusal(408, "timeout", "x"), Errc::transient},
               std::pair<Answer, Errc>{refusal(409, "conflict", "x"), Errc::transient},
               std::pair<Answer, Errc>{refusal(429, "rate_limit_error", "x"), Errc::throttled},
               std::pair<Answer, Errc>{{.refused = Error{Errc::transient, "connection reset"}},
                                       Errc::transient},
               std::pair<Answer, Errc>{{.pieces = {"half"}, .cut = Error{Errc::transient, "cut"}},
                                       Errc::transient});
  Script script({answer});

  script.run();

  CHECK_FALSE(script.answered.has_value());
  CHECK(script.answered.error().code == code);
  CHECK(script.attempts() == 3);
  CHECK(script.between(0, 1) <= 500ms);
  CHECK(script.between(1, 2) <= 1s);
  CHECK(script.world.status.stream("usage").requests == 3);
  CHECK(script.world.status.stream("usage").retries == 2);
}

TEST_CASE("a failure that passes leaves no trace but the counters") {
  Script script({refusal(503, "api_error", "x"),
                 {.refused = Error{Errc::transient, "lost"}},
                 {.pieces = {"ok"}}});

  script.run();

  CHECK(script.answered.has_value());
  CHECK(script.body.text == "ok");
  CHECK(script.world.status.stream("usage").retries == 2);
  CHECK(script.world.status.stream("usage").answers ==
        std::map<int, std::int64_t>{{0, 1}, {200, 1}, {503, 1}});
  REQUIRE(script.world.host.log.size() == 2);
  CHECK(script.world.host.log[0].starts_with(
      "4 usage: attempt 1 failed: GET /v1/organizations/me: HTTP 503"));
  CHECK(script.world.host.log[1].starts_with("4 usage: attempt 2 failed: lost; next in "));
}

TEST_CASE("retry-after is obeyed to the second") {
  Script script(
      {refusal(429, "rate_limit_error", "x", {{"retry-after", "7"}}), {.pieces = {"ok"}}});

  script.run();

  CHECK(script.answered.has_value());
  CHECK(script.between(0, 1) == 7s);
}

TEST_CASE("a retry-after beyond a minute is left to the next poll, which must not come earlier") {
  struct Case {
    const char* header;
    Milliseconds not_before;
  };
  const auto [header, not_before] = GENERATE(Case{"61", 61s}, Case{"600", 600s}, Case{"86400", 1h});
  Script script({refusal(429, "rate_limit_error", "x", {{"retry-after", header}})});

  script.run();

  CHECK_FALSE(script.answered.has_value());
  CHECK(script.answered.error().code == Errc::throttled);
  CHECK(script.answered.error().rest == not_before);
  CHECK(script.attempts() == 1);
}

TEST_CASE("the reader forgets the pieces of an attempt that was cut") {
  Script script(
      {{.pieces = {"half"}, .cut = Error{Errc::transient, "cut"}}, {.pieces = {"who", "le"}}});

  script.run();

  CHECK(script.answered.has_value());
  CHECK(script.body.attempts == 2);
  CHECK(script.body.text == "whole");
}

TEST_CASE("an answer that is not what the API documents is not asked for again at once") {
  Script script({{.pieces = {"x"}}});
  script.body.fault = Error{Errc::protocol, "$.data: expected an array"};

  script.run();

  CHECK_FALSE(script.answered.has_value());
  CHECK(script.answered.error().code == Errc::protocol);
  CHECK(script.attempts() == 1);
}

TEST_CASE("a successful answer without a date is refused while server time is unknown") {
  Script script({{.pieces = {"x"}}});
  script.world.transport.answer = [](const std::string&) { return Answer{.pieces = {"x"}}; };

  script.run();

  CHECK(script.answered.error().code == Errc::protocol);
  CHECK(contains(script.answered.error().message, "Date"));
  CHECK(script.body.attempts == 0);
}

TEST_CASE("an answer for another organization is refused before its body is read") {
  Script script({{.headers = {{"anthropic-organization-id", "org-2"}}, .pieces = {"x"}}});
  script.world.organization_id = "org-1";

  script.run();

  CHECK_FALSE(script.answered.has_value());
  CHECK(script.answered.error().code == Errc::configuration);
  CHECK(contains(script.answered.error().message, "org-1"));
  CHECK(contains(script.answered.error().message, "org-2"));
  CHECK(script.attempts() == 1);
  CHECK(script.body.attempts == 0);
}

TEST_CASE("an answer for the same organization, or for the first one, is read") {
  const auto known = GENERATE(as<std::string>{}, "", "org-1");
  Script script({{.headers = {{"anthropic-organization-id", "org-1"}}, .pieces = {"x"}}});
  script.world.organization_id = known;

  script.run();

  CHECK(script.answered.has_value());
}

TEST_CASE("the key is in no log line, even if an error repeats it") {
  Script script({{.refused = Error{Errc::transient, std::string("odd: ") + World::first_key}}});

  script.run();

  REQUIRE_FALSE(script.world.host.log.empty());
  for (const auto& line : script.world.host.log) CHECK_FALSE(contains(line, "first-key"));
}

TEST_CASE("requests in a row leave at the agreed pace: a burst, then one a second") {
  World world;
  world.transport.answer = [&](const std::string&) {
    return Answer{.headers = world.date(), .pieces = {"x"}};
  };
  Body bodies[12];
  int good = 0;
  for (Body& body : bodies)
    boost::asio::co_spawn(
        *world.loop,
        [&]() -> boost::asio::awaitable<void> {
          net::Request message{"/v1/organizations/me", {}};
          const ReadBody read = body.reader();
          const auto answered = co_await request(world.services, "usage", std::move(message), read);
          good += answered ? 1 : 0;
        },
        boost::asio::detached);

  world.run();

  CHECK(good == 12);
  REQUIRE(world.transport.sent.size() == 12);
  CHECK(world.transport.sent[7].when == world.began());
  CHECK(world.transport.sent[8].when == world.began() + 1s);
  CHECK(world.transport.sent[11].when == world.began() + 4s);
}

}  // namespace
}  // namespace anthropic_metrics
