// SPDX-License-Identifier: Apache-2.0
// Few threads and many tasks: who has a turn when, and that nobody keeps another from his.
#include "run/workers.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "catch_failure.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::host;
using namespace std::chrono_literals;

namespace {

constexpr auto never = std::chrono::hours(1);

// Does what it is told in each turn; ended by end().
class Scripted final : public Task {
 public:
  explicit Scripted(std::function<Next(Turn&)> turn) : turn_(std::move(turn)) {}
  Next take_turn(Turn& turn) override {
    if (!ends_) return turn_(turn);
    turn.drop_descriptor();
    return {.over = true};
  }
  // That nobody ever tells anything by.
  int silent() { return silent_.get(); }
  void end(Workers& workers) {
    ends_ = true;
    workers.wake(*this);
    while (!workers.wait_over(*this, never)) {
    }
  }

 private:
  const std::function<Next(Turn&)> turn_;
  const FileDescriptor silent_{::eventfd(0, EFD_CLOEXEC)};
  std::atomic<bool> ends_ = false;
};

// Something that happens once.
class Event {
 public:
  void happen() { promise_.set_value(); }
  void wait() const { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_{promise_.get_future()};
};

}  // namespace

TEST_CASE("tasks that always have something to do take turns, one after the other") {
  Workers workers(1);
  constexpr std::size_t count = 5, turns = 400;
  std::vector<std::size_t> order;  // one turn at a time: no lock
  Event enough;
  std::atomic<bool> all_there = false;
  std::vector<std::unique_ptr<Scripted>> tasks;
  for (std::size_t i = 0; i < count; ++i)
    tasks.push_back(std::make_unique<Scripted>([&, i](Turn&) -> Next {
      if (!all_there) return {};
      if (order.size() == turns) return {never};
      order.push_back(i);
      if (order.size() == turns) enough.happen();
      return {};
    }));
  for (const auto& task : tasks) REQUIRE(workers.add(*task, task->silent()));
  all_there = true;
  enough.wait();
  for (const auto& task : tasks) task->end(workers);
  // None comes twice before each other one came.
  for (std::size_t at = 0; at + count <= turns; ++at) {
    std::vector<std::size_t> round(order.begin() + static_cast<std::ptrdiff_t>(at),
                                   order.begin() + static_cast<std::ptrdiff_t>(at + count));
    std::sort(round.begin(), round.end());
    CHECK(round == std::vector<std::size_t>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("a turn of a task without a descriptor may take long and stops no other") {
  Workers workers(1);
  Event open;
  Event others_went_on;
  Scripted slow([&](Turn&) -> Next {
    open.wait();
    return {never};
  });
  std::atomic<int> turns = 0;
  Scripted other([&](Turn&) -> Next {
    if (++turns == 100) others_went_on.happen();
    return {turns < 100 ? 0ms : std::chrono::milliseconds(never)};
  });
  REQUIRE(workers.add(slow, -1));
  REQUIRE(workers.add(other, other.silent()));
  others_went_on.wait();
  CHECK(workers.threads() == 2);
  open.happen();
  slow.end(workers);
  other.end(workers);
}

TEST_CASE("a task may begin another in its turn, again and again, which ends by itself") {
  Workers workers(1);
  constexpr int times = 2000;
  Event done;
  std::atomic<int> begun = 0, ended = 0;
  std::atomic<bool> at_work = false, all_added = true;
  Scripted* waker = nullptr;
  Scripted passing([&](Turn&) -> Next {
    at_work = false;
    if (++ended == times) done.happen();
    workers.wake(*waker);
    return {.over = true};
  });
  Scripted starter([&](Turn&) -> Next {
    if (begun < times && !at_work.exchange(true)) {
      ++begun;
      if (!workers.add(passing, -1)) all_added = false;
    }
    return {never};
  });
  waker = &starter;
  REQUIRE(workers.add(starter, starter.silent()));
  done.wait();
  CHECK(all_added);
  CHECK(workers.wait_over(passing, never));
  CHECK(workers.threads() < 10);  // no more for more times
  starter.end(workers);
}

TEST_CASE(
    "a task that is alone may wait within its turn, and is not alone any more with a second") {
  Workers workers(2);
  Event told;
  Event open;
  std::atomic<bool> first_alone = false;
  Scripted first([&](Turn& turn) -> Next {
    if (!first_alone.exchange(turn.alone())) told.happen();
    open.wait();
    return {never};
  });
  std::promise<bool> alone;
  Scripted second([&](Turn& turn) -> Next {
    alone.set_value(turn.alone());
    return {never};
  });
  REQUIRE(workers.add(first, first.silent()));
  told.wait();
  CHECK(first_alone);
  REQUIRE(workers.add(second, second.silent()));
  CHECK_FALSE(alone.get_future().get());
  open.happen();
  first.end(workers);
  second.end(workers);
}

TEST_CASE("whoever is woken during a turn has another one, and a pause ends by waking alone") {
  Workers workers;
  const FileDescriptor readable(::eventfd(1, EFD_CLOEXEC));  // from the beginning
  std::atomic<int> turns = 0;
  Event first_turn;
  Event open;
  Event second_turn;
  Scripted task([&](Turn&) -> Next {
    switch (++turns) {
      case 1:
        first_turn.happen();
        open.wait();
        break;
      case 2:
        second_turn.happen();
        break;
      default:
        break;
    }
    return {never};  // and not until it is readable
  });
  REQUIRE(workers.add(task, readable.get()));
  first_turn.wait();
  workers.wake(task);
  open.happen();
  second_turn.wait();
  CHECK(turns == 2);
  task.end(workers);
  CHECK(turns == 2);
}

TEST_CASE("no descriptor that becomes readable is overlooked, however turns and tellings meet") {
  const char* const given = std::getenv("AM_SEED");
  const unsigned seed =
      given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::atol(given));
  std::cout << "seed " << seed << '\n';
  CAPTURE(seed);
  constexpr std::size_t count = 120;
  constexpr std::uint64_t tellings = 20'000;
  Workers workers;
  std::vector<FileDescriptor> descriptors;
  std::atomic<std::uint64_t> heard = 0;
  Event all_heard;
  std::vector<std::unique_ptr<Scripted>> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    descriptors.emplace_back(descriptor);
    tasks.push_back(std::make_unique<Scripted>([&, descriptor](Turn&) -> Next {
      eventfd_t here = 0;
      if (::eventfd_read(descriptor, &here) == 0 && (heard += here) == tellings) all_heard.happen();
      return {never, true};
    }));
    REQUIRE(workers.add(*tasks.back(), descriptor));
  }
  std::vector<std::thread> tellers;
  for (unsigned teller = 0; teller < 4; ++teller)
    tellers.emplace_back([&, teller] {
      std::mt19937 random(seed + teller);
      for (std::uint64_t i = 0; i < tellings / 4; ++i) {
        ::eventfd_write(descriptors[random() % count].get(), 1);
        if (random() % 16 == 0) std::this_thread::yield();
      }
    });
  for (std::thread& teller : tellers) teller.join();
  all_heard.wait();
  CHECK(heard == tellings);
  for (const auto& task : tasks) task->end(workers);
}
