// SPDX-License-Identifier: Apache-2.0
// Which organization it is, is asked once, however many streams want to know.
#include "collect/organization.hpp"

#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::World;

/// Three streams that ask at the same moment.
struct Three {
  World world;
  std::vector<Outcome<void>> answered;

  explicit Three(std::function<Answer()> answer) {
    world.transport.answer = [this, answer](const std::string&) {
      Answer given = answer();
      for (auto& header : world.date()) given.headers.push_back(header);
      return given;
    };
    for (int i = 0; i < 3; ++i)
      boost::asio::co_spawn(
          *world.loop,
          [this]() -> boost::asio::awaitable<void> {
            answered.push_back(co_await world.organization.identify(world.services, "usage"));
          },
          boost::asio::detached);
    world.run();
  }
};

TEST_CASE("one request tells three streams which organization it is") {
  const Three three([] { return Answer{.pieces = {R"({"id":"org-1"})"}}; });

  REQUIRE(three.answered.size() == 3);
  for (const auto& one : three.answered) CHECK(one.has_value());
  CHECK(three.world.organization_id == "org-1");
  CHECK(three.world.transport.sent.size() == 1);
}

TEST_CASE("a request that did not tell it has failed for all that waited, and not once for each") {
  const Three three([] { return Answer{.status = 500}; });

  REQUIRE(three.answered.size() == 3);
  for (const auto& one : three.answered) CHECK(one.error().code == Errc::transient);
  CHECK(three.world.transport.sent.size() == 3);  // with its two repetitions
}

constexpr const char* three_credentials =
    R"("oauth_token": "${TOKEN}", "enterprise_api_key": "${ENTERPRISE}")";

/// The request of a stream that the credential opens, answered by what `answer` says.
Outcome<void> identify(World& world, std::string_view stream,
                       const std::function<Answer(const std::string& credential)>& answer) {
  world.transport.answer = [&](const std::string&) {
    Answer given = answer(world.transport.sent.back().credential);
    for (auto& header : world.date()) given.headers.push_back(header);
    return given;
  };
  Outcome<void> told = Failure(Error{Errc::internal, "not asked"});
  boost::asio::co_spawn(
      *world.loop,
      [&]() -> boost::asio::awaitable<void> {
        told = co_await world.organization.identify(world.services, stream);
      },
      boost::asio::detached);
  world.run();
  return told;
}

Answer organization(const std::string& id) {
  return {.pieces = {R"({"id":")" + id + R"("})"}};
}

TEST_CASE("each credential is asked once whose it is, when a stream first needs it") {
  World world(three_credentials);
  const auto answer = [](const std::string&) { return organization("org-1"); };

  CHECK(identify(world, "usage", answer).has_value());
  CHECK(identify(world, "cost", answer).has_value());
  CHECK(identify(world, "spend_limit", answer).has_value());
  CHECK(identify(world, "spend_limit", answer).has_value());

  REQUIRE(world.transport.sent.size() == 2);
  CHECK(world.transport.sent[0].credential == "admin");
  CHECK(world.transport.sent[1].credential == "enterprise");
  CHECK(world.organization.knows(world.services, "rate_limit"));
}

TEST_CASE("credentials of two organizations are refused with a sentence") {
  World world(three_credentials);
  const bool in_header = GENERATE(false, true);
  const auto answer = [&](const std::string& credential) {
    Answer given = organization(credential == "enterprise" ? "org-2" : "org-1");
    if (in_header && credential == "enterprise")
      given.headers = {{"anthropic-organization-id", "org-2"}};
    return given;
  };
  REQUIRE(identify(world, "usage", answer).has_value());

  const auto other = identify(world, "spend_limit", answer);

  REQUIRE_FALSE(other.has_value());
  CAPTURE(other.error().message);
  CHECK(other.error().code == Errc::configuration);
  CHECK(test::contains(other.error().message, "enterprise_api_key belongs to organization org-2"));
  CHECK(test::contains(other.error().message, "collects organization org-1"));
  CHECK(test::contains(other.error().message, "one organization"));
  CHECK_FALSE(world.organization.knows(world.services, "spend_limit"));
  CHECK(world.organization.knows(world.services, "usage"));
  CHECK(world.organization_id == "org-1");
}

TEST_CASE("a key with scopes that may not ask learns whose it is from the refusal") {
  World world(three_credentials);
  const auto named = GENERATE(as<std::string>{}, "org-1", "");
  const auto answer = [&](const std::string&) {
    Answer given{
        .status = 403,
        .pieces = {R"({"error":{"type":"permission_error","message":"needs org:admin"}})"}};
    if (!named.empty()) given.headers = {{"anthropic-organization-id", named}};
    return given;
  };

  const auto told = identify(world, "spend_limit", answer);

  CHECK(told.has_value() == !named.empty());
  CHECK(world.organization_id == named);
  // An Admin key that may not do this may do nothing else.
  CHECK_FALSE(identify(world, "usage", answer).has_value());
}

/// Asks once, of a server that answers with each list of pieces in turn.
Outcome<std::string> ask(std::vector<Answer> answers) {
  World world;
  world.transport.answer = [&](const std::string&) {
    Answer given = answers[std::min(world.transport.sent.size(), answers.size()) - 1];
    for (auto& header : world.date()) given.headers.push_back(header);
    return given;
  };
  Outcome<std::string> told = Failure(Error{Errc::internal, "not asked"});
  boost::asio::co_spawn(
      *world.loop,
      [&]() -> boost::asio::awaitable<void> {
        told = co_await ask_organization(world.services, "usage");
      },
      boost::asio::detached);
  world.run();
  return told;
}

TEST_CASE("the organization's id is read from its description") {
  const auto id = ask({{.pieces = {R"({"id": "org-)",
                                   R"(1", "name": "Acme", "type": "organization", "new": {}})"}}});
  REQUIRE(id.has_value());
  CHECK(*id == "org-1");
  const auto marked = ask({{.pieces = {"\xEF\xBB", "\xBF{\"id\":\"org-1\"}"}}});
  REQUIRE(marked.has_value());
  CHECK(*marked == "org-1");
}

TEST_CASE("an answer that does not name the organization is a protocol error") {
  const auto body =
      GENERATE(as<std::string>{}, "", "{", "[]", "null", "<html>", "{}", R"({"id": null})",
               R"({"id": 7})", R"({"id": ""})", R"({"ID": "org-1"})");
  CAPTURE(body);

  const auto id = ask({{.pieces = {body}}});

  REQUIRE_FALSE(id.has_value());
  CHECK(id.error().code == Errc::protocol);
  CHECK(test::contains(id.error().message, "$"));
}

TEST_CASE("an endless description of the organization is refused") {
  const std::string piece(40'000, ' ');

  const auto id = ask({{.pieces = {piece, piece}}});

  REQUIRE_FALSE(id.has_value());
  CHECK(id.error().code == Errc::protocol);
}

TEST_CASE("a new attempt begins with nothing of the one before") {
  const auto id = ask({{.pieces = {R"({"id": "org-1)"}, .cut = Error{Errc::transient, "cut"}},
                       {.pieces = {R"({"id": "org-2"})"}}});

  REQUIRE(id.has_value());
  CHECK(*id == "org-2");
}

}  // namespace
}  // namespace anthropic_metrics
