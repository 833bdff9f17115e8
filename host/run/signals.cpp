// SPDX-License-Identifier: Apache-2.0
#include "run/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace anthropic_metrics::host {

Signals::Signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, number);
  pthread_sigmask(SIG_BLOCK, &wanted, &former_mask_);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &former_pipe_);
  signal_.reset(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  notice_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!signal_.is_open() || !notice_.is_open()) {
    throw std::system_error(errno, std::generic_category(), "cannot watch signals");
  }
}

Signals::~Signals() {
  sigaction(SIGPIPE, &former_pipe_, nullptr);
  pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
}

std::optional<Wakeup> Signals::wait(int longest_ms) {
  std::array<pollfd, 2> watched{{{signal_.get(), POLLIN, 0}, {notice_.get(), POLLIN, 0}}};
  const bool pending = stop_ || reload_;
  while (::poll(watched.data(), watched.size(), pending ? 0 : longest_ms) < 0 && errno == EINTR) {
  }
  collect();
  if (std::exchange(stop_, false)) return Wakeup::stop;
  if (std::exchange(reload_, false)) return Wakeup::reload;
  std::uint64_t count = 0;
  if (::read(notice_.get(), &count, sizeof(count)) > 0) return Wakeup::notice;
  return std::nullopt;
}

bool Signals::stop_pending() {
  collect();
  return stop_;
}

void Signals::collect() {
  signalfd_siginfo info{};
  while (::read(signal_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    (info.ssi_signo == SIGHUP ? reload_ : stop_) = true;
  }
}

void Signals::notify() {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the waiter wakes up anyway.
  [[maybe_unused]] const ssize_t ignored = ::write(notice_.get(), &one, sizeof(one));
}

}  // namespace anthropic_metrics::host
