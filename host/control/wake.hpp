// SPDX-License-Identifier: Apache-2.0
// How other threads get the control thread out of a wait, and how it waits.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host::control {

class Wake {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws std::system_error where the system has no event to give.
  Wake();

  // From any thread. The second also makes is_stopping() true for good.
  void call();
  void stop(Clock::time_point deadline);

  bool is_stopping() const { return stopping_; }
  // Until when what is under way may still be ended in good order.
  Clock::time_point deadline() const { return deadline_; }

  enum class Reason { ready, called, late };
  // Until one of these events (poll's) on fd, a call, or that time. fd -1: only the other two.
  // Takes the calls that came.
  Reason wait(int fd, short events, std::optional<Clock::time_point> until);

 private:
  const FileDescriptor event_;
  std::atomic<bool> stopping_{false};
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};
};

}  // namespace anthropic_metrics::host::control
