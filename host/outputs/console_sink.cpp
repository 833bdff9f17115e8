// SPDX-License-Identifier: Apache-2.0
#include "outputs/console_sink.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace anthropic_metrics::host {

Result<void> ConsoleSink::write_all(std::string_view& text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd room{fd_, POLLOUT, 0};
      ::poll(&room, 1, -1);  // A reader that leaves ends it, too; the next write says so.
    } else if (errno != EINTR) {
      const int reason = errno;
      Failure failure{ExitCode::sink_failed,
                      {fmt::format("cannot write to standard output: {}; nothing is lost, the "
                                   "documents come again",
                                   std::strerror(reason))}};
      failure.passes = reason != EPIPE && reason != EBADF;
      return failure;
    }
  }
  return {};
}

bool ConsoleSink::finished_earlier(std::string_view text) {
  const auto found = std::find(finished_.begin(), finished_.end(), text);
  if (found == finished_.end()) return false;
  finished_.erase(found);
  return true;
}

Result<Written> ConsoleSink::write(const beat_batch& batch, const std::vector<StreamTarget>&,
                                   const Writing&) {
  constexpr std::size_t most_finished = 64;  // more than instances share a console
  const std::lock_guard lock(mutex_);
  if (!broken_.empty()) {
    std::string_view rest = std::string_view(broken_).substr(written_);
    const auto finished = write_all(rest);
    written_ = broken_.size() - rest.size();
    if (!finished) return finished.error();
    if (finished_.size() == most_finished) finished_.erase(finished_.begin());
    finished_.push_back(std::exchange(broken_, {}));
  }
  const std::string_view text(batch.ndjson.ptr, batch.ndjson.len);
  if (finished_earlier(text)) {
    count_.add(SinkCount::Batch(batch));
    return Written{};
  }
  std::string_view rest = text;
  auto done = write_all(rest);
  if (!done && rest.size() < text.size()) {
    broken_ = text;
    written_ = text.size() - rest.size();
  }
  if (!done) return done.error();
  count_.add(SinkCount::Batch(batch));
  return Written{};
}

}  // namespace anthropic_metrics::host
