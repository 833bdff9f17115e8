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
  std::vector<Answered> answered;

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
  for (const Answered& one : three.answered) CHECK(one.ok);
  CHECK(three.world.organization_id == "org-1");
  CHECK(three.world.transport.sent.size() == 1);
}

TEST_CASE("a request that did not tell it has failed for all that waited, and not once for each") {
  const Three three([] { return Answer{.status = 500}; });

  REQUIRE(three.answered.size() == 3);
  for (const Answered& one : three.answered) CHECK(one.error.code == Errc::transient);
  CHECK(three.world.transport.sent.size() == 3);  // with its two repetitions
}

}  // namespace
}  // namespace anthropic_metrics
