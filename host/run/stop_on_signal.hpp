// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as a stop token, for commands that work on the main thread and can end
// early.
#pragma once

#include <stop_token>
#include <thread>

#include "run/signals.hpp"

namespace anthropic_metrics::host {

class StopOnSignal {
 public:
  // Before any other thread: all inherit that the signals wait for this one.
  StopOnSignal()
      : watcher_([this](const std::stop_token& over) {
          while (!over.stop_requested()) {
            const auto event = signals_.wait(-1);
            if (event && *event != Wakeup::notice) stop_.request_stop();
          }
        }) {}
  ~StopOnSignal() {
    watcher_.request_stop();
    signals_.notify();
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  Signals signals_;
  std::stop_source stop_;
  std::jthread watcher_;  // the last member: it uses the others
};

}  // namespace anthropic_metrics::host
