// SPDX-License-Identifier: Apache-2.0
// Whole lines to a descriptor that may belong to anybody, without ever waiting for its reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host {

class LogStream {
 public:
  // fd is borrowed, and its own flags stay: others share them.
  explicit LogStream(int fd);

  // Writes the line, or keeps it until there is room, up to a limit; false if it had to be dropped.
  // Without a reader for good there is nobody to keep it for, and it counts as written.
  bool write(std::string_view line);
  // Writes what is kept as far as there is room.
  void flush() { flush_some(); }
  // Likewise, and waits for room this long at most.
  void drain(std::chrono::milliseconds longest);
  bool has_pending() const { return !pending_.empty(); }

  static constexpr std::size_t most_pending = 256 * 1024;

 private:
  enum class Way { plain, own_description, socket, polled };
  static Way way_for(int fd);
  enum class Outcome { written, full, failed, gone };
  // As write(2), but EAGAIN instead of waiting.
  long write_some(std::string_view text) const;
  // Takes from the text what was written.
  Outcome put(std::string_view& text) const;
  Outcome flush_some();

  const int fd_;
  const Way way_;
  FileDescriptor own_;  // the same pipe or terminal, opened anew, non-blocking
  std::string pending_;
};

}  // namespace anthropic_metrics::host
