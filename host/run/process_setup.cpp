// SPDX-License-Identifier: Apache-2.0
#include "run/process_setup.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace anthropic_metrics::host {
namespace {

constexpr rlim_t most_descriptors = 65'536;  // some limits are a thousand million

void take_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, most_descriptors));
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void set_up_process() {
  take_descriptors();
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is fd, since all below it are open.
    const int opened = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    // Without /dev/null (a bare root file system) going on would be what this prevents.
    if (opened != fd && ::open("/", O_RDONLY | O_DIRECTORY) != fd) std::_Exit(70);
  }
#ifdef __GLIBC__
  // Each thread's allocations in a pool of its own would keep what it frees for itself.
  ::mallopt(M_ARENA_MAX, 1);
#endif
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace anthropic_metrics::host
