// SPDX-License-Identifier: Apache-2.0
// How fast history may be asked for, and how many of its requests may be under way.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "collect/requester.hpp"
#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using api::InFlight;
using api::Pace;
using test::Answer;
using test::refusal;
using test::World;

TEST_CASE("fewer are under way when the API refuses, and one more after it answered for a while") {
  InFlight four(4);
  CHECK(four.limit() == 4);
  CHECK_FALSE(four.answered());
  four.refused();
  CHECK(four.limit() == 2);
  for (int i = 0; i < 15; ++i) CHECK_FALSE(four.answered());
  CHECK(four.answered());
  CHECK(four.limit() == 3);
  for (int i = 0; i < 23; ++i) CHECK_FALSE(four.answered());
  four.refused();
  four.refused();
  four.refused();
  CHECK(four.limit() == 1);
  int answers = 0;
  while (four.limit() < 4) {
    four.answered();
    ++answers;
  }
  CHECK(answers == 8 * (1 + 2 + 3));
  for (int i = 0; i < 100; ++i) four.answered();
  CHECK(four.limit() == 4);
  CHECK(InFlight(0).limit() == 1);
}

TEST_CASE("places that were saved up are lost once the API asked for less") {
  Pace pace(1s, 60);
  const Pace::Time start{5h};
  for (int i = 0; i < 10; ++i) CHECK(pace.reserve(start) == 0s);
  pace.empty(start);
  CHECK(pace.reserve(start) == 0s);
  CHECK(pace.reserve(start) == 1s);
  CHECK(pace.reserve(start) == 2s);
  // A quiet time saves them up anew.
  CHECK(pace.reserve(start + 200s) == 0s);
  for (int i = 0; i < 59; ++i) CHECK(pace.reserve(start + 200s) == 0s);
  CHECK(pace.reserve(start + 200s) == 1s);

  Pace fresh(1s, 8);
  fresh.empty(start);
  CHECK(fresh.reserve(start) == 0s);
  CHECK(fresh.reserve(start) == 1s);
}

struct Asking {
  World world;
  std::shared_ptr<HistoryParts> all = std::make_shared<HistoryParts>(world.history);
  HistoryPart part{all, {}};
  int answered = 0;

  Asking() {
    world.transport.answer = [this](const std::string&) {
      Answer answer{.pieces = {"{}"}};
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
  }
  ~Asking() { world.loop.reset(); }

  void ask(std::string_view stream, bool of_history, int times) {
    const std::string target = std::string(stream) == "usage"
                                   ? "/v1/organizations/usage_report/messages"
                                   : "/v1/organizations/rate_limits";
    const ReadBody read = [](OpenAnswer& answer) -> boost::asio::awaitable<Result<void>> {
      for (;;) {
        const auto piece = co_await answer.piece();
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return success();
      }
    };
    boost::asio::co_spawn(
        *world.loop,
        [this, stream, of_history, times, read, target]() -> boost::asio::awaitable<void> {
          for (int i = 0; i < times; ++i) {
            net::Request message;
            message.target = target;
            const auto done = co_await request(world.services, stream, std::move(message), read,
                                               of_history ? &part : nullptr);
            if (done) ++answered;
          }
        },
        boost::asio::detached);
  }
  /// How many left within so long after the start.
  std::size_t sent_within(Monotonic span) const {
    std::size_t count = 0;
    for (const auto& one : world.transport.sent)
      if (one.when - world.began() <= span) ++count;
    return count;
  }
};

TEST_CASE("history of usage leaves in a burst of 60, then at the pace of all requests") {
  Asking asking;
  asking.ask("usage", true, 80);
  asking.world.run();
  CHECK(asking.answered == 80);
  CHECK(asking.sent_within(0s) == 60);
  CHECK(asking.sent_within(10s) == 70);
  CHECK(asking.sent_within(20s) == 80);
}

TEST_CASE("history of what no document allows bursts for leaves at the pace of all requests") {
  Asking asking;
  asking.ask("rate_limit", true, 20);
  asking.world.run();
  CHECK(asking.sent_within(0s) == 8);
  CHECK(asking.sent_within(12s) == 20);
}

TEST_CASE("live requests take no place of history, and count for its pace") {
  Asking asking;
  // All places of history are taken for good.
  std::vector<Turnstile::Turn> held;
  boost::asio::co_spawn(
      *asking.world.loop,
      [&]() -> boost::asio::awaitable<void> {
        for (int i = 0; i < 4; ++i) held.push_back(co_await asking.world.history.turns().enter());
      },
      boost::asio::detached);
  asking.world.run();
  asking.ask("usage", true, 100);
  asking.ask("cost", false, 20);
  asking.world.run();
  CHECK(asking.answered == 20);
  CHECK(asking.sent_within(0s) == 8);
  CHECK(asking.sent_within(12s) == 20);

  held.clear();
  asking.world.run();
  CHECK(asking.answered == 120);
  // Of the burst of 60 the live ones are gone but for what was saved up meanwhile.
  CHECK(asking.sent_within(12s) == 20 + 52);
}

TEST_CASE("a 429 halves what is under way, and ends the burst") {
  Asking asking;
  int refused = 0;
  asking.world.transport.answer = [&](const std::string&) {
    Answer answer = refused++ == 0 ? refusal(429, "rate_limit_error", "x") : Answer{.pieces = {""}};
    if (answer.status == 429) answer.headers.push_back({"retry-after", "20"});
    for (auto& header : asking.world.date()) answer.headers.push_back(header);
    return answer;
  };
  asking.ask("usage", true, 10);
  asking.world.run();
  CHECK(asking.answered == 10);
  CHECK(asking.world.history.in_flight() == 2);
  CHECK(asking.sent_within(19s) == 1);
  // Rested for as long as was asked; twenty places were saved up meanwhile.
  CHECK(asking.sent_within(20s) == 11);
}

TEST_CASE("what is not wanted any more is not asked for") {
  Asking asking;
  asking.ask("rate_limit", true, 20);
  asking.world.run(asking.world.began() + 2s);
  CHECK(asking.sent_within(2s) == 10);
  asking.all->abandon();
  asking.world.run();
  CHECK(asking.world.transport.sent.size() == 10);
  CHECK(asking.answered == 10);
}

}  // namespace
}  // namespace anthropic_metrics
