// SPDX-License-Identifier: Apache-2.0
// The host binary as a process: started on the policy of a folder, waited for or killed.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "scratch_folder.hpp"

extern "C" char** environ;

namespace anthropic_metrics::test {

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The files of documents in an output's folder. Hidden ones are the host's own.
inline std::vector<std::filesystem::path> document_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (!entry.path().filename().string().starts_with('.')) files.push_back(entry.path());
  return files;
}

/// Reads policy.yml of the folder, keeps state in data and its log in log.txt. most_descriptors:
/// how many files it may have open, 0: as many as the test.
class Process {
 public:
  Process(const ScratchFolder& folder, const std::string& command,
          const std::vector<std::string>& arguments = {}, const std::string& plugin = AM_PLUGIN,
          int most_descriptors = 0) {
    std::vector<std::string> words;
    if (most_descriptors > 0)
      words = {"/bin/sh", "-c", "ulimit -n " + std::to_string(most_descriptors) + " && exec \"$@\"",
               "sh"};
    for (const std::string& word :
         std::vector<std::string>{AM_HOST_BINARY, command, "-c", (folder / "policy.yml").string(),
                                  "--plugin", plugin, "--path.data", (folder / "data").string()})
      words.push_back(word);
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, (folder / "log.txt").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int result =
        posix_spawn(&pid_, words.front().c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0) throw std::runtime_error("cannot start " AM_HOST_BINARY);
  }
  ~Process() {
    if (pid_ > 0) kill();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }
  /// True if it was still running, so that the kill meant something.
  bool kill() {
    ::kill(pid_, SIGKILL);
    return wait() == 128 + SIGKILL;
  }
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace anthropic_metrics::test
