// SPDX-License-Identifier: Apache-2.0
// How fast requests may leave: a token bucket with injected time, one per organization. Pure: it
// says how long to wait, the caller waits.
#pragma once

#include <chrono>

namespace anthropic_metrics::api {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  /// One request per `interval` sustained, `burst` at once after a quiet time. Starts full.
  explicit Pace(Duration interval = std::chrono::seconds(1), int burst = 8) noexcept;

  /// Takes a place and returns how long after `now` the request may leave; zero if at once. Places
  /// are given in order, so concurrent callers queue. Over any span t no more than burst +
  /// t/interval places fall due. A place not used is lost, never returned. Time that goes backwards
  /// counts as standing still.
  Duration reserve(Time now) noexcept;

  /// Places that were saved up in a quiet time are lost: from now on one per interval.
  void empty(Time now) noexcept;

  /// How long reserve(now) would say to wait. Takes nothing.
  Duration delay(Time now) const noexcept;

 private:
  Duration interval_;
  Duration credit_;  // burst - 1 intervals: how far behind `now` the bucket's clock may lag
  Time due_;         // when the next place falls due at the sustained rate
  bool started_ = false;
};

}  // namespace anthropic_metrics::api
