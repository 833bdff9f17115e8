// SPDX-License-Identifier: Apache-2.0
#include "control/wake.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace anthropic_metrics::host::control {
namespace {

int milliseconds_until(std::optional<Wake::Clock::time_point> until) {
  if (!until) return -1;
  const auto now = Wake::Clock::now();
  if (*until <= now) return 0;
  constexpr std::chrono::milliseconds longest = std::chrono::hours(1);
  // Rounded up: who wakes up a bit too early would turn in circles.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      std::min<Wake::Clock::duration>(*until - now, longest));
  return static_cast<int>(left.count());
}

}  // namespace

Wake::Wake() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.is_open())
    throw std::system_error(errno, std::generic_category(), "cannot make an event");
}

void Wake::call() {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the thread wakes up anyway.
  [[maybe_unused]] const ssize_t ignored = ::write(event_.get(), &one, sizeof(one));
}

void Wake::stop(Clock::time_point deadline) {
  deadline_ = deadline;
  stopping_ = true;
  call();
}

Wake::Reason Wake::wait(int fd, short events, std::optional<Clock::time_point> until) {
  std::array<pollfd, 2> watched{{{event_.get(), POLLIN, 0}, {fd, events, 0}}};
  while (::poll(watched.data(), watched.size(), milliseconds_until(until)) < 0 && errno == EINTR) {
  }
  if ((watched[0].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t ignored = ::read(event_.get(), &count, sizeof(count));
    return Reason::called;
  }
  return watched[1].revents != 0 ? Reason::ready : Reason::late;
}

}  // namespace anthropic_metrics::host::control
