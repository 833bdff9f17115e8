// SPDX-License-Identifier: Apache-2.0
// Few threads for many tasks: each task has its turn when its time comes or its descriptor is
// readable. As many turns as there are processors go on at once; those of tasks without a
// descriptor may take long and do not count, so that a slow store or a plugin that waits stops
// nobody else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "base/file_descriptor.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

class Workers;

// The pause of a task that somebody wakes before it is over.
constexpr std::chrono::hours until_woken{1};

// What follows a turn.
struct Next {
  std::chrono::milliseconds pause{0};  // until the next one, at the longest
  bool until_readable = false;         // it ends, too, as soon as the descriptor is readable
  bool over = false;                   // there is no next one
};

// A turn, for the task that has it.
class Turn {
 public:
  // No other task waits for this turn's end: it may wait within it.
  bool alone() const { return alone_; }
  // The task's descriptor is not looked at any more.
  void drop_descriptor();

 private:
  friend class Workers;
  Turn(Workers& workers, std::uint64_t number, bool alone)
      : workers_(workers), number_(number), alone_(alone) {}
  Workers& workers_;
  const std::uint64_t number_;
  const bool alone_;
};

class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;
  // On any thread of the workers', one at a time. Must not throw.
  virtual Next take_turn(Turn& turn) = 0;
};

class Workers {
 public:
  // at_once: turns that go on at the same time, beside those that may take long; 0: by the
  // processors.
  explicit Workers(unsigned at_once = 0);
  // All tasks must be over.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Its first turn is now. A task without a descriptor (-1) may take long in every turn. The
  // descriptor must be valid until it is dropped.
  Result<void> add(Task& task, int descriptor);
  // Its next turn is now, or as soon as the one that goes on is over.
  void wake(const Task& task);
  // Waits until there is no further turn of it; then it may be destroyed. False: there may be.
  bool wait_over(const Task& task, std::chrono::milliseconds longest);

  // That there are at this moment.
  std::size_t threads() const;

 private:
  friend class Turn;
  using Clock = std::chrono::steady_clock;
  struct Place {
    Task* task = nullptr;
    int descriptor = -1;
    bool counts = false;  // its turns do, as long as they do not take long
    Clock::time_point due{};
    bool watched = false;  // its descriptor ends the pause
    bool busy = false;     // it has a turn
    bool woken = false;    // while it had one
  };
  using Places = std::map<std::uint64_t, Place>;
  using Lock = std::unique_lock<std::mutex>;

  // All of these with the lock; those that are given it let go of it for a while.
  void work(std::list<std::thread>::iterator self);
  void take(Places::iterator place, Lock& lock);
  void lead(Lock& lock);
  // The one that has waited longest of those that may have a turn now.
  Places::iterator first_due();
  bool may_have_turn(const Place& place) const;
  // Of those whose turns count, or one whose turns do not.
  bool is_alone(const Place& place) const;
  Places::iterator find(const Task& task);
  // Somebody looks for what is due, while this thread does something else.
  void call_another();
  void watch(std::uint64_t number, Place& place);
  void ring() const;

  const unsigned at_once_;
  const FileDescriptor epoll_;
  const FileDescriptor bell_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;  // for those that do not lead
  std::condition_variable over_;
  Places places_;
  std::uint64_t numbers_ = 0;
  std::list<std::thread> threads_;
  std::list<std::thread> ended_;     // to be joined
  unsigned counted_ = 0;             // turns of tasks with a descriptor
  unsigned waiting_ = 0;             // threads at idle_
  unsigned beginning_ = 0;           // threads that have not looked for anything yet
  bool leading_ = false;             // one thread waits for descriptors and times,
  Clock::time_point leads_until_{};  // at the longest until then
  bool closing_ = false;
};

}  // namespace anthropic_metrics::host
