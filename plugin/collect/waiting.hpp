// SPDX-License-Identifier: Apache-2.0
// How coroutines of one instance wait: for a moment of the instance's clock, for a turn, for room.
// All on one event loop, without threads; none of these objects is thread-safe.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace anthropic_metrics {

class Gate;

/// Waits that poll counts: while every coroutine sleeps here, poll has nothing to do and returns.
class Sleeper {
 public:
  Sleeper(boost::asio::io_context& loop, const Clock& clock) : loop_(&loop), clock_(&clock) {}

  /// Returns once the clock reached `due`.
  boost::asio::awaitable<void> until(Monotonic due);
  /// The same, or earlier if the gate is opened meanwhile. It counts as a sleep, and not as a wait
  /// there.
  boost::asio::awaitable<void> until(Monotonic due, Gate& or_open);

  /// Lets the loop go on with what else is ready, and poll look at its budget. It is no sleep: poll
  /// goes on with it as soon as it has the time.
  boost::asio::awaitable<void> let_others_go();

  /// Wakes everybody whose time has come. Called by poll, which owns the passing of time.
  void wake_due();

  /// The earliest moment somebody waits for.
  std::optional<Monotonic> next_due() const;

  /// How many coroutines wait here.
  std::size_t sleeping() const noexcept { return waiting_.size(); }

 private:
  boost::asio::io_context* loop_;
  const Clock* clock_;
  std::multimap<Monotonic, boost::asio::steady_timer*> waiting_;
};

/// Waits until somebody says go. Counted like a sleeper's waits.
class Gate {
 public:
  explicit Gate(boost::asio::io_context& loop) : loop_(&loop) {}
  boost::asio::awaitable<void> wait();
  void open_all();
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  friend class Sleeper;
  boost::asio::io_context* loop_;
  std::deque<boost::asio::steady_timer*> waiting_;
};

/// So many holders at a time, in order of arrival.
class Turnstile {
 public:
  explicit Turnstile(boost::asio::io_context& loop, int places = 1)
      : loop_(&loop), places_(places), free_(places) {}

  /// Holds the turn until destroyed.
  class Turn {
   public:
    explicit Turn(Turnstile& owner) : owner_(&owner) {}
    Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (owner_ != nullptr) owner_->release();
    }

   private:
    Turnstile* owner_;
  };

  boost::asio::awaitable<Turn> enter();
  /// From now on so many. Who is inside stays.
  void resize(int places);
  std::size_t waiting() const noexcept { return queue_.size(); }

 private:
  void release();

  boost::asio::io_context* loop_;
  std::deque<boost::asio::steady_timer*> queue_;
  int places_;
  int free_;  ///< Below 0 while more are inside than there are places.
};

}  // namespace anthropic_metrics
