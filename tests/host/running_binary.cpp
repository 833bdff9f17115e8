// SPDX-License-Identifier: Apache-2.0
#include "running_binary.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <thread>

#include "scratch.hpp"

extern "C" char** environ;

namespace anthropic_metrics::host::test {

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

RunningBinary::RunningBinary(const std::filesystem::path& folder,
                             const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment,
                             const std::filesystem::path& standard_output, const std::string& shell)
    : folder_(folder) {
  const std::string program = shell.empty() ? AM_HOST_BINARY : "/bin/sh";
  std::vector<std::string> words{program};
  if (!shell.empty()) words.insert(words.end(), {"-c", shell, "sh", AM_HOST_BINARY});
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables = environment;
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  for (char** variable = environ; *variable != nullptr; ++variable) envp.push_back(*variable);
  envp.push_back(nullptr);

  const std::string output =
      (standard_output.empty() ? folder / "stdout.txt" : standard_output).string();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder / "stderr.txt").c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int result =
      posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) throw std::runtime_error("cannot start the program under test");
}

RunningBinary::~RunningBinary() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  wait();
}

void RunningBinary::signal(int number) const {
  kill(pid_, number);
}

int RunningBinary::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string RunningBinary::out() const {
  return read(folder_ / "stdout.txt");
}
std::string RunningBinary::err() const {
  return read(folder_ / "stderr.txt");
}

bool RunningBinary::says(const std::string& text) const {
  return eventually([&] { return err().find(text) != std::string::npos; });
}

Finished finish(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment, const std::string& shell) {
  RunningBinary binary(folder, arguments, environment, {}, shell);
  const int code = binary.wait();
  return {code, binary.out(), binary.err()};
}

}  // namespace anthropic_metrics::host::test
