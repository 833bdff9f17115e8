// SPDX-License-Identifier: Apache-2.0
#include "console_sink.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace anthropic_metrics::host {

std::optional<SinkFailure> ConsoleSink::write(const beat_batch& batch,
                                              const std::vector<StreamTarget>&) {
  const std::lock_guard lock(mutex_);
  std::string_view rest(batch.ndjson.ptr, batch.ndjson.len);
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      const int reason = errno;
      return SinkFailure{
          fmt::format("cannot write to standard output: {}; nothing is lost, the documents "
                      "come again",
                      std::strerror(reason)),
          reason == EPIPE || reason == EBADF};
    }
  }
  return std::nullopt;
}

}  // namespace anthropic_metrics::host
