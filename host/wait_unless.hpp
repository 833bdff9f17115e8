// SPDX-License-Identifier: Apache-2.0
// Waits that end early when somebody asks for the end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace anthropic_metrics::host {

inline void wait_unless(const std::stop_token& stop, std::chrono::milliseconds longest) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, longest, [] { return false; });
}

}  // namespace anthropic_metrics::host
