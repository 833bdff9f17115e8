// SPDX-License-Identifier: Apache-2.0
#include "base/low_descriptors.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

namespace anthropic_metrics {
namespace {

constexpr int first_free = 3;

/// Not a mutex: one that a thread held while another forked would stay locked in the child.
class Lock {
 public:
  Lock() noexcept {
    pid_t holder = 0;
    while (!holder_.compare_exchange_weak(holder, self)) {
      // A holder of another process was copied by fork, and its thread was not.
      if (holder != self && holder != 0 && holder_.compare_exchange_strong(holder, self)) break;
      holder = 0;
      ::sched_yield();
    }
  }
  ~Lock() { holder_.store(0); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  const pid_t self = ::getpid();

 private:
  static inline std::atomic<pid_t> holder_{0};
};

pid_t process = 0;  ///< That `inside` counts for.
int inside = 0;
bool filled = false;  ///< Since they were last empty, here or in the parent.

bool is_closed(int descriptor) noexcept {
  return ::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
}

void fill() noexcept {
  // The lowest free number is what open returns, so each round fills one.
  while (is_closed(0) || is_closed(1) || is_closed(2)) {
    const int descriptor = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= first_free) ::close(descriptor);  // Another thread was quicker.
    if (descriptor < 0) return;
    filled = true;
  }
}

void empty() noexcept {
  if (!std::exchange(filled, false)) return;
  for (int descriptor = 0; descriptor < first_free; ++descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags >= 0 && (flags & O_PATH) != 0) ::close(descriptor);
  }
}

}  // namespace

LowDescriptors::LowDescriptors() noexcept {
  const int kept = errno;
  {
    const Lock lock;
    if (process != lock.self) {
      process = lock.self;
      inside = 0;
    }
    ++inside;
    fill();
  }
  errno = kept;
}

LowDescriptors::~LowDescriptors() {
  const int kept = errno;
  {
    const Lock lock;
    if (process == lock.self && --inside == 0) empty();
  }
  errno = kept;
}

}  // namespace anthropic_metrics
