// SPDX-License-Identifier: Apache-2.0
#include "collect/waiting.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>

#include "support.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::FakeClock;
using Log = std::vector<std::string>;

/// What waits, and the loop that ends before all of it.
struct Fixture {
  std::unique_ptr<asio::io_context> loop = std::make_unique<asio::io_context>();
  FakeClock clock;
  const Monotonic began = clock.time;
  Sleeper sleeper{*loop, clock};
  Gate gate{*loop};
  Turnstile turnstile{*loop};
  Log log;

  ~Fixture() { loop.reset(); }

  /// Runs everything that can run now.
  void settle() {
    loop->restart();
    loop->poll();
  }
  void spawn_sleep(Monotonic due, const std::string& name) {
    asio::co_spawn(*loop, sleep(due, name), asio::detached);
  }
  void spawn_wait(const std::string& name) { asio::co_spawn(*loop, wait(name), asio::detached); }
  /// Enters the turnstile and keeps the turn until that moment.
  void spawn_hold(Monotonic until, const std::string& name) {
    asio::co_spawn(*loop, hold(until, name), asio::detached);
  }

 private:
  asio::awaitable<void> sleep(Monotonic due, std::string name) {
    co_await sleeper.until(due);
    log.push_back(name);
  }
  asio::awaitable<void> wait(std::string name) {
    co_await gate.wait();
    log.push_back(name);
  }
  asio::awaitable<void> hold(Monotonic until, std::string name) {
    const Turnstile::Turn turn = co_await turnstile.enter();
    log.push_back(name);
    co_await sleeper.until(until);
  }
};

TEST_CASE("a sleeper returns at once if the moment has passed") {
  Fixture f;
  f.spawn_sleep(f.clock.time - 1s, "past");
  f.spawn_sleep(f.clock.time, "now");

  f.settle();

  CHECK(f.log == Log{"past", "now"});
  CHECK(f.sleeper.sleeping() == 0);
  CHECK_FALSE(f.sleeper.next_due().has_value());
}

TEST_CASE("sleepers wake in the order of their moments, when poll says that time has passed") {
  Fixture f;
  f.spawn_sleep(f.began + 3s, "third");
  f.spawn_sleep(f.began + 1s, "first");
  f.spawn_sleep(f.began + 2s, "second");
  f.settle();
  CHECK(f.sleeper.sleeping() == 3);
  CHECK(f.sleeper.next_due() == f.began + 1s);

  f.clock.time += 999ms;
  f.sleeper.wake_due();
  f.settle();
  CHECK(f.log.empty());

  f.clock.time = f.began + 2s;
  f.settle();
  CHECK(f.log.empty());  // Only wake_due moves time.
  f.sleeper.wake_due();
  f.settle();
  CHECK(f.log == Log{"first", "second"});
  CHECK(f.sleeper.next_due() == f.began + 3s);
}

TEST_CASE("a gate lets in everybody who waits, and nobody who comes later") {
  Fixture f;
  f.gate.open_all();
  f.spawn_wait("a");
  f.spawn_wait("b");
  f.settle();
  CHECK(f.gate.waiting() == 2);
  CHECK(f.log.empty());

  f.gate.open_all();
  f.settle();
  CHECK(f.log == Log{"a", "b"});
  CHECK(f.gate.waiting() == 0);

  f.spawn_wait("c");
  f.settle();
  CHECK(f.log.size() == 2);
}

TEST_CASE("a turnstile lets in one at a time, in order of arrival") {
  Fixture f;
  // Each keeps its turn for a second; the order of arrival counts, not of the moments.
  f.spawn_hold(f.began + 1s, "a");
  f.spawn_hold(f.began + 3s, "b");
  f.spawn_hold(f.began + 2s, "c");
  f.settle();
  CHECK(f.log == Log{"a"});
  CHECK(f.turnstile.waiting() == 2);

  f.clock.time = f.began + 1s;
  f.sleeper.wake_due();
  f.settle();
  CHECK(f.log == Log{"a", "b"});

  f.clock.time = f.began + 3s;
  f.sleeper.wake_due();
  f.settle();
  CHECK(f.log == Log{"a", "b", "c"});
  CHECK(f.turnstile.waiting() == 0);
}

TEST_CASE("a turn that is handed over cannot be taken by somebody who comes in between") {
  Fixture f;
  f.spawn_hold(f.began + 1s, "a");
  f.spawn_hold(f.began + 9s, "b");
  f.settle();

  f.clock.time = f.began + 1s;
  f.sleeper.wake_due();
  f.loop->restart();
  // One handler at a time, with a newcomer before each: "b" has been promised the turn.
  for (int i = 0; i < 5; ++i) {
    f.spawn_hold(f.began + 9s, "late");
    f.loop->poll_one();
  }
  f.settle();

  CHECK(f.log == Log{"a", "b"});
  CHECK(f.turnstile.waiting() == 5);
}

TEST_CASE("a free turnstile is entered at once, also after it was used") {
  Fixture f;
  for (const char* name : {"a", "b", "c"}) {
    f.spawn_hold(f.clock.time, name);
    f.settle();
  }
  CHECK(f.log == Log{"a", "b", "c"});
}

TEST_CASE("destroying the loop ends everybody who waits, in any state") {
  Fixture f;
  f.spawn_hold(f.clock.time + 1s, "holder");
  for (int i = 0; i < 3; ++i) {
    f.spawn_sleep(f.clock.time + 2s, "sleeper");
    f.spawn_wait("waiter");
    f.spawn_hold(f.clock.time + 2s, "queued");
  }
  f.settle();
  const bool half_way = GENERATE(false, true);
  if (half_way) {
    // Woken but not yet run.
    f.clock.time += 2s;
    f.sleeper.wake_due();
    f.gate.open_all();
  }

  f.loop.reset();

  CHECK(f.log == Log{"holder"});
  CHECK(f.sleeper.sleeping() == 0);
  CHECK(f.gate.waiting() == 0);
  CHECK(f.turnstile.waiting() == 0);
}

TEST_CASE("a turnstile lets in as many as it has places for, the others in order of arrival") {
  Fixture f;
  Turnstile two(*f.loop, 2);
  const auto hold = [&](Monotonic until, std::string name) -> asio::awaitable<void> {
    const Turnstile::Turn turn = co_await two.enter();
    f.log.push_back(name);
    co_await f.sleeper.until(until);
  };
  for (const auto& [seconds, name] :
       {std::pair{3s, "a"}, std::pair{1s, "b"}, std::pair{9s, "c"}, std::pair{9s, "d"}})
    asio::co_spawn(*f.loop, hold(f.began + seconds, name), asio::detached);
  f.settle();
  CHECK(f.log == Log{"a", "b"});
  CHECK(two.waiting() == 2);

  f.clock.time = f.began + 1s;
  f.sleeper.wake_due();
  f.settle();
  CHECK(f.log == Log{"a", "b", "c"});
  f.clock.time = f.began + 3s;
  f.sleeper.wake_due();
  f.settle();
  CHECK(f.log == Log{"a", "b", "c", "d"});
  CHECK(two.waiting() == 0);
}

TEST_CASE("a turnstile that gets fewer places lets nobody in until enough have left") {
  Fixture f;
  Turnstile places(*f.loop, 3);
  const auto hold = [&](Monotonic until, std::string name) -> asio::awaitable<void> {
    const Turnstile::Turn turn = co_await places.enter();
    f.log.push_back(name);
    co_await f.sleeper.until(until);
  };
  for (const auto& [seconds, name] : {std::pair{1s, "a"}, std::pair{2s, "b"}, std::pair{3s, "c"},
                                      std::pair{9s, "d"}, std::pair{9s, "e"}, std::pair{9s, "f"}})
    asio::co_spawn(*f.loop, hold(f.began + seconds, name), asio::detached);
  f.settle();
  CHECK(f.log == Log{"a", "b", "c"});
  places.resize(1);
  const auto pass = [&](std::chrono::seconds until) {
    f.clock.time = f.began + until;
    f.sleeper.wake_due();
    f.settle();
  };
  pass(2s);
  CHECK(f.log == Log{"a", "b", "c"});
  pass(3s);
  CHECK(f.log == Log{"a", "b", "c", "d"});
  places.resize(2);
  f.settle();
  CHECK(f.log == Log{"a", "b", "c", "d", "e"});
  places.resize(5);
  f.settle();
  CHECK(f.log == Log{"a", "b", "c", "d", "e", "f"});
  CHECK(places.waiting() == 0);
}

}  // namespace
}  // namespace anthropic_metrics
