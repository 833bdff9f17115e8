// SPDX-License-Identifier: Apache-2.0
#include "log_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace anthropic_metrics::host {

LogStream::Way LogStream::way_for(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Way::plain;
  if (S_ISSOCK(info.st_mode)) return Way::socket;
  if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) return Way::own_description;
  return Way::plain;
}

LogStream::LogStream(int fd) : fd_(fd), way_(way_for(fd)) {
  if (way_ != Way::own_description) return;
  own_.reset(::open(fmt::format("/proc/self/fd/{}", fd).c_str(),
                    O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

long LogStream::write_some(std::string_view text) const {
  if (way_ == Way::plain) return ::write(fd_, text.data(), text.size());
  if (way_ == Way::socket)
    return ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (own_.is_open()) return ::write(own_.get(), text.data(), text.size());
  // Without /proc, or a pipe of another user: so much fits whenever poll says that there is room.
  pollfd room{fd_, POLLOUT, 0};
  if (::poll(&room, 1, 0) <= 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
}

LogStream::Outcome LogStream::put(std::string_view& text) const {
  while (!text.empty()) {
    const long written = write_some(text);
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0) {
      return Outcome::failed;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Outcome::full;
    } else if (errno == EPIPE || errno == EBADF || errno == ECONNRESET || errno == EIO) {
      return Outcome::gone;
    } else if (errno != EINTR) {
      return Outcome::failed;  // a full disk: there may be room later
    }
  }
  return Outcome::written;
}

LogStream::Outcome LogStream::flush_some() {
  if (pending_.empty()) return Outcome::written;
  std::string_view rest = pending_;
  const Outcome outcome = put(rest);
  if (outcome == Outcome::gone) rest = {};
  pending_.erase(0, pending_.size() - rest.size());
  return outcome;
}

bool LogStream::write(std::string_view line) {
  if (flush_some() == Outcome::gone) return true;
  if (pending_.empty() && put(line) == Outcome::gone) return true;
  // The rest of a line that was begun is kept in any case: no line is ever torn.
  if (!pending_.empty() && pending_.size() + line.size() > most_pending) return false;
  pending_ += line;
  return true;
}

void LogStream::drain(std::chrono::milliseconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (flush_some() == Outcome::full) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd room{own_.is_open() ? own_.get() : fd_, POLLOUT, 0};
    ::poll(&room, 1, static_cast<int>(left.count()));
  }
}

}  // namespace anthropic_metrics::host
