// SPDX-License-Identifier: Apache-2.0
// What is acknowledged while a commit is being made goes to the disk with it.
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <thread>

#include "ledger/ledger.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::at;
using test::must;
using test::Scratch;

/// Removes a batch in a thread of its own.
class Remover {
 public:
  Remover(Ledger& ledger, std::uint64_t batch)
      : thread_([this, &ledger, batch] {
          id_ = ::gettid();
          removed_ = ledger.remove(batch).has_value();
          ended_ = true;
        }) {}
  ~Remover() { thread_.join(); }

  /// Returns once the thread waits. Nobody holds the ledger meanwhile: it waits for the commit.
  void wait_until_it_waits() const {
    while (id_ == 0) std::this_thread::yield();
    const std::string path = "/proc/self/task/" + std::to_string(id_) + "/stat";
    for (;;) {
      std::string stat;
      std::getline(std::ifstream(path), stat);
      const std::size_t state = stat.rfind(") ");
      if (state != std::string::npos && stat[state + 2] == 'S') return;
      std::this_thread::yield();
    }
  }
  bool ended() const { return ended_; }
  bool removed() {
    while (!ended_) std::this_thread::yield();
    return removed_;
  }

 private:
  std::atomic<pid_t> id_{0};
  std::atomic<bool> ended_{false}, removed_{false};
  std::thread thread_;
};

struct World {
  Scratch scratch;
  std::unique_ptr<Ledger> ledger = must(Ledger::open(scratch / "state"));
  std::int64_t lane = 0;

  World() {
    Lane made;
    made.stream = "usage";
    made.bucket_width = "1h";
    must(ledger->add_lane(made, 0));
    lane = made.id;
  }
  /// Commits a batch; its id.
  Result<std::uint64_t> commit(std::int64_t of_lane) {
    std::vector<Batch> batches(1);
    batches[0].stream = "usage";
    batches[0].add("{}", "AAAAAAAAAAAAAAAAAAAAAA", at("2026-09-01T00:00:00Z"));
    Commit commit;
    commit.lane = of_lane;
    commit.lateness.add(std::chrono::hours(1), 1);  // Refused for a lane that is not there.
    if (auto done = ledger->commit(commit, batches); !done) return done.error();
    return batches[0].id;
  }
  std::vector<std::uint64_t> outbox() const {
    std::vector<std::uint64_t> ids;
    for (const OutboxEntry& entry : must(ledger->outbox())) ids.push_back(entry.id);
    return ids;
  }
};

/// A commit comes soon, and another thread waits for it to remove the batch `old`.
struct Waiting {
  World world;
  std::uint64_t old = must(world.commit(world.lane));
  std::optional<Ledger::CommitSoon> soon{std::in_place, *world.ledger};
  Remover remover{*world.ledger, old};

  Waiting() { remover.wait_until_it_waits(); }
  ~Waiting() { soon.reset(); }  // Else a test that failed would wait for it.
};

TEST_CASE("a batch that is removed while a commit is made goes with it") {
  Waiting waiting;
  auto& [world, old, soon, remover] = waiting;
  CHECK(world.outbox() == std::vector{old});

  const auto fresh = must(world.commit(world.lane));

  CHECK(world.outbox() == std::vector{fresh});
  CHECK(remover.removed());
}

TEST_CASE("a removal that waits goes alone if no commit comes") {
  Waiting waiting;
  auto& [world, old, soon, remover] = waiting;
  CHECK_FALSE(remover.ended());

  soon.reset();

  CHECK(remover.removed());
  CHECK(world.outbox().empty());
}

TEST_CASE("a removal that waits goes alone if the commit fails") {
  Waiting waiting;
  auto& [world, old, soon, remover] = waiting;

  CHECK_FALSE(world.commit(world.lane + 1).has_value());

  CHECK(remover.removed());
  CHECK(world.outbox().empty());
}

TEST_CASE("behind the commit nothing is waited for") {
  World world;
  const auto old = must(world.commit(world.lane));
  const Ledger::CommitSoon soon(*world.ledger);
  must(world.commit(world.lane));

  must(world.ledger->remove(old));

  CHECK(world.outbox().size() == 1);
}

TEST_CASE("removals and commits of two threads, in any order, leave what was not removed") {
  World world;
  std::atomic<std::uint64_t> newest{0}, refused{0};
  constexpr std::uint64_t count = 300;
  std::thread remover([&] {
    for (std::uint64_t batch = 1; batch <= count; ++batch) {
      while (newest < batch) std::this_thread::yield();
      if (batch % 3 != 0 && !world.ledger->remove(batch)) ++refused;
    }
  });
  for (std::uint64_t i = 0; i < count; ++i) {
    const Ledger::CommitSoon soon(*world.ledger);
    if (i % 7 == 0) CHECK_FALSE(world.commit(world.lane + 1).has_value());
    newest = must(world.commit(world.lane));
  }
  remover.join();

  CHECK(refused == 0);
  std::vector<std::uint64_t> left;
  for (std::uint64_t batch = 3; batch <= count; batch += 3) left.push_back(batch);
  CHECK(world.outbox() == left);
}

}  // namespace
}  // namespace anthropic_metrics::ledger
