// SPDX-License-Identifier: Apache-2.0
// The signals of a long-running process as a queue that the main thread waits on, together with
// wishes of other threads. Nothing ever runs in a signal handler.
#pragma once

#include <csignal>
#include <optional>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host {

enum class Wakeup {
  stop,    // SIGINT, SIGTERM
  reload,  // SIGHUP
  notice,  // notify() was called
};

class Signals {
 public:
  // Blocks the signals in the calling thread, and so in threads it starts later; ignores SIGPIPE.
  Signals();
  // Gives the signals back their former meaning.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next event, longest_ms at most (-1: for ever). Stop before reload before notice.
  std::optional<Wakeup> wait(int longest_ms);

  // True if the next wait() will return stop. Does not wait.
  bool stop_pending();

  // Ends a wait() early. From any thread.
  void notify();

 private:
  void collect();

  sigset_t former_mask_{};
  struct sigaction former_pipe_ {};
  FileDescriptor signal_;
  FileDescriptor notice_;
  bool stop_ = false;
  bool reload_ = false;
};

}  // namespace anthropic_metrics::host
