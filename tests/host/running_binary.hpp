// SPDX-License-Identifier: Apache-2.0
// The real program under test: started, watched through what it writes, signalled, waited for.
// Waiting is for an event with a generous limit, never for a guessed time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace anthropic_metrics::host::test {

// Polls until the condition holds; false after twenty seconds.
bool eventually(const std::function<bool()>& condition);

class RunningBinary {
 public:
  // Environment: "NAME=value" besides ours. Output goes to stdout.txt and stderr.txt in folder
  // unless standard output is to go elsewhere. shell: a command line that ends with exec "$@",
  // which becomes the program, for what only a shell sets up.
  RunningBinary(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment = {},
                const std::filesystem::path& standard_output = {}, const std::string& shell = {});
  // Ends it if it still runs.
  ~RunningBinary();
  RunningBinary(const RunningBinary&) = delete;
  RunningBinary& operator=(const RunningBinary&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Waits for its end; the exit code, or 128 + signal.
  int wait();
  std::string out() const;
  std::string err() const;
  // Waits until standard error contains the text.
  bool says(const std::string& text) const;

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

// Runs it to its end.
struct Finished {
  int code;
  std::string out;
  std::string err;
};
Finished finish(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment = {}, const std::string& shell = {});

}  // namespace anthropic_metrics::host::test
