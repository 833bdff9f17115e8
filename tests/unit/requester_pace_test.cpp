// SPDX-License-Identifier: Apache-2.0
// The ceiling of one request a second holds for requests that the transport repeats by itself, too.
#include "collect/requester.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;

TEST_CASE("requests sent again on a new connection count for the pace") {
  test::World world;
  int wire = 0;
  std::vector<Monotonic> times;
  world.transport.answer = [&](const std::string&) {
    // The kept connection was dead: the transport sent the request twice.
    wire += 2;
    ++world.transport.resent_count;
    times.insert(times.end(), 2, world.host.time);
    return test::Answer{.headers = world.date(), .pieces = {"{}"}};
  };
  const ReadBody read = [](OpenAnswer& answer) -> boost::asio::awaitable<Result<void>> {
    const auto piece = co_await answer.piece();
    co_return piece ? success() : Result<void>(piece.error());
  };

  boost::asio::co_spawn(
      *world.loop,
      [&]() -> boost::asio::awaitable<void> {
        for (int i = 0; i < 30; ++i) {
          net::Request message{"/v1/organizations/me", {}};
          const auto answered = co_await request(world.services, "usage", message, read);
          CHECK(answered.has_value());
        }
      },
      boost::asio::detached);
  world.run();

  REQUIRE(wire == 60);
  // A burst of eight, then one a second; the last repetition may be ahead of its place.
  for (std::size_t i = 0; i < times.size(); ++i)
    for (std::size_t j = i + 10; j < times.size(); ++j)
      CHECK(static_cast<double>(j - i) <=
            9 + std::chrono::duration<double>(times[j] - times[i]).count());
}

}  // namespace
}  // namespace anthropic_metrics
