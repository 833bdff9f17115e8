// SPDX-License-Identifier: Apache-2.0
// What the requests of history share in one instance: how many are under way, how fast they leave,
// and how many coroutines are at it. Live requests have places of their own, so none of them waits
// for history. All on one event loop; not thread-safe.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "api/in_flight.hpp"
#include "api/pace.hpp"
#include "collect/waiting.hpp"

namespace anthropic_metrics {

class History {
 public:
  /// most: requests under way at once. burst: of them and live ones, those that may leave at once
  /// after a quiet time; beyond it the pace is that of all requests.
  History(boost::asio::io_context& loop, int most, int burst)
      : in_flight_(most),
        turns_(loop, in_flight_.limit()),
        moved_(loop),
        gone_(loop),
        pace_(std::chrono::seconds(1), burst) {}

  int in_flight() const noexcept { return in_flight_.limit(); }
  Turnstile& turns() noexcept { return turns_; }
  api::Pace& pace() noexcept { return pace_; }
  /// Opened whenever a window was read, or given up: whoever waits for one looks again.
  Gate& moved() noexcept { return moved_; }

  /// Opened when windows under way were given up: who sleeps before a request of one wakes.
  Gate& gone() noexcept { return gone_; }
  /// How many of the requests that the transport sent again were not told here before.
  std::uint64_t more_resent(std::uint64_t all) noexcept {
    return all - std::exchange(resent_, all);
  }

  /// The API answered a request of history,
  void answered() {
    if (in_flight_.answered()) turns_.resize(in_flight_.limit());
  }
  /// or asked the organization for less: fewer at once, and none beyond the sustained pace until
  /// it was quiet for a while.
  void refused(api::Pace::Time now) {
    in_flight_.refused();
    turns_.resize(in_flight_.limit());
    pace_.empty(now);
  }

  /// Coroutines that read windows, beside those of the streams,
  std::size_t working() const noexcept { return working_; }
  /// and how many coroutines wait for each other's windows.
  std::size_t waiting() const noexcept { return turns_.waiting() + moved_.waiting(); }

  /// One of them, while it lives.
  class Worker {
   public:
    explicit Worker(History& history) noexcept : history_(history) { ++history_.working_; }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() { --history_.working_; }

   private:
    History& history_;
  };

 private:
  api::InFlight in_flight_;
  Turnstile turns_;
  Gate moved_;
  Gate gone_;
  std::uint64_t resent_ = 0;
  api::Pace pace_;
  std::size_t working_ = 0;
};

}  // namespace anthropic_metrics
