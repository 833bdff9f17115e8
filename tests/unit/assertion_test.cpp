// SPDX-License-Identifier: Apache-2.0
// The plugin is compiled with this definition; here it makes the assertion below one of the
// plugin's.
#ifndef BOOST_ENABLE_ASSERT_DEBUG_HANDLER
#define BOOST_ENABLE_ASSERT_DEBUG_HANDLER
#endif
#undef NDEBUG
#include "base/assertion.hpp"

#include <boost/assert.hpp>

#include "collect/requester.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using test::Answer;
using test::contains;
using test::World;

TEST_CASE("an assertion that fails in a library fails the request, and ends nothing else") {
  World world;
  world.transport.answer = [&](const std::string&) {
    return Answer{.headers = world.date(), .pieces = {"x"}};
  };
  const ReadBody read = [](OpenAnswer& answer) -> boost::asio::awaitable<Result<void>> {
    const auto bytes = co_await answer.piece();
    BOOST_ASSERT(bytes->empty());
    co_return success();
  };
  Outcome<void> answered;
  boost::asio::co_spawn(
      *world.loop,
      [&]() -> boost::asio::awaitable<void> {
        net::Request message{"/v1/organizations/me", {}};
        answered = co_await request(world.services, "usage", std::move(message), read);
      },
      boost::asio::detached);
  world.run();

  REQUIRE_FALSE(answered.has_value());
  CHECK(answered.error().code == Errc::protocol);
  CHECK(contains(answered.error().message, "assertion_test.cpp"));
  CHECK(contains(answered.error().message, "bytes->empty()"));
}

}  // namespace
}  // namespace anthropic_metrics
