// SPDX-License-Identifier: Apache-2.0
// A program started by this one, with its standard input and output as pipes. It ends with its
// owner.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host {

class ChildProcess {
 public:
  // Where standard error goes if not into a file.
  enum class Errors { shared, with_output };

  // arguments: without the program's name. error_file: where standard error goes, or empty to share
  // ours. Throws std::system_error if the program cannot be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& error_file = {}, Errors errors = Errors::shared);
  // Closes its input, waits a moment, then ends it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of its output without the newline; nothing at its end or when time is up.
  std::optional<std::string> read_line(std::chrono::milliseconds longest);
  // Closes its input and waits for its end. The exit status as a shell would give it.
  int wait();
  // Likewise, this long at most; nothing if it goes on.
  std::optional<int> wait(std::chrono::milliseconds longest);

 private:
  bool fill(std::chrono::milliseconds longest);

  pid_t pid_ = -1;
  FileDescriptor input_;
  FileDescriptor output_;
  std::string buffer_;
};

}  // namespace anthropic_metrics::host
