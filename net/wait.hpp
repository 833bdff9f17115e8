// SPDX-License-Identifier: Apache-2.0
// Waiting that can end early: for an event of ours, a deadline, or the transport being cancelled.
// One loop, one thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <vector>

namespace anthropic_metrics::net {

class Stoppable;

/// Everything of one transport that may have to stop at once. Shared by the transport and what it
/// handed out, because either may end first.
class StopList {
 public:
  bool stopped() const noexcept { return stopped_; }

  /// Tells every registered object to stop, and every later one at its first wait.
  void stop();

 private:
  friend class Stoppable;
  std::vector<Stoppable*> members_;
  bool stopped_ = false;
};

/// Registers itself with a list for as long as it lives.
class Stoppable {
 public:
  explicit Stoppable(std::shared_ptr<StopList> list);
  virtual ~Stoppable();
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;

  bool stopped() const noexcept { return list_->stopped(); }

 private:
  friend class StopList;
  virtual void on_stop() = 0;  ///< Wakes whoever waits. Must not run other code.

  std::shared_ptr<StopList> list_;
};

enum class Wake { event, deadline, stopped };

/// One waiter for one event.
class Waiter final : public Stoppable {
 public:
  Waiter(const boost::asio::any_io_executor& executor, std::shared_ptr<StopList> list);

  /// Returns when wake() was or is called, the time is over, or the list (or the awaiting
  /// coroutine) is stopped.
  boost::asio::awaitable<Wake> wait(std::chrono::steady_clock::duration limit);

  void wake();

 private:
  void on_stop() override;

  boost::asio::steady_timer timer_;
  bool woken_ = false;
};

/// What is left of an exchange's time. Only time spent waiting for the network is taken from it.
struct Budget {
  std::chrono::steady_clock::duration total{};
  std::chrono::steady_clock::duration left = total;

  /// The lesser of a phase's own limit and what is left.
  std::chrono::steady_clock::duration limit(
      std::chrono::steady_clock::duration phase) const noexcept {
    return phase < left ? phase : left;
  }
  void spend(std::chrono::steady_clock::duration time) noexcept {
    left = time < left ? left - time : std::chrono::steady_clock::duration::zero();
  }
};

}  // namespace anthropic_metrics::net
