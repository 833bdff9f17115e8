// SPDX-License-Identifier: Apache-2.0
#include "base/write_signals.hpp"

#include <pthread.h>

#include <cerrno>
#include <ctime>
#include <initializer_list>

namespace anthropic_metrics {
namespace {

thread_local int depth = 0;

}  // namespace

WriteSignals::WriteSignals() noexcept : outermost_(depth++ == 0) {
  if (!outermost_) return;
  sigset_t waiting;
  sigemptyset(&waiting);
  sigpending(&waiting);
  sigemptyset(&ours_);
  for (const int signal : {SIGXFSZ, SIGPIPE})
    if (sigismember(&waiting, signal) == 0) sigaddset(&ours_, signal);
  pthread_sigmask(SIG_BLOCK, &ours_, &before_);
}

WriteSignals::~WriteSignals() {
  --depth;
  if (!outermost_) return;
  const int kept = errno;
  const timespec at_once{};
  while (sigtimedwait(&ours_, nullptr, &at_once) > 0 || errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = kept;
}

}  // namespace anthropic_metrics
