// SPDX-License-Identifier: Apache-2.0
#include "write_all.hpp"

#include <unistd.h>

#include <cerrno>

namespace anthropic_metrics::host {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace anthropic_metrics::host
