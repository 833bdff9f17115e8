// SPDX-License-Identifier: Apache-2.0
#include "commands/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

extern "C" char** environ;  // POSIX; unistd.h declares it only as an extension

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(int reason, const std::string& what) {
  throw std::system_error(reason, std::generic_category(), what);
}

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "cannot make a pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

int as_shells_say(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Which descriptors the child gets.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A child of its own group: Ctrl-C at the terminal reaches us alone, and we end the child. What
// this process ignores or blocks would be ignored or blocked by the child, too.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&defaults, number);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments,
                           const std::filesystem::path& error_file, Errors errors) {
  Pipe to_child = make_pipe();
  Pipe from_child = make_pipe();
  FileActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), to_child.reader.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), from_child.writer.get(), STDOUT_FILENO);
  if (!error_file.empty()) {
    posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, error_file.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  } else if (errors == Errors::with_output) {
    posix_spawn_file_actions_adddup2(actions.get(), STDOUT_FILENO, STDERR_FILENO);
  }
  std::string name = program.string();
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv{name.data()};
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const Attributes attributes;
  const int result =
      ::posix_spawn(&pid_, program.c_str(), actions.get(), attributes.get(), argv.data(), environ);
  if (result != 0) fail(result, "cannot start " + program.string());
  input_ = std::move(to_child.writer);
  output_ = std::move(from_child.reader);
}

ChildProcess::~ChildProcess() {
  input_.reset();
  for (int attempt = 0; pid_ > 0; ++attempt) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_ || (ended < 0 && errno != EINTR)) break;
    if (attempt == 100) ::kill(pid_, SIGTERM);
    if (attempt == 200) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool ChildProcess::fill(std::chrono::milliseconds longest) {
  pollfd watched{output_.get(), POLLIN, 0};
  const int ready = ::poll(&watched, 1, static_cast<int>(longest.count()));
  if (ready < 0 && errno == EINTR) return true;
  if (ready <= 0) return false;
  std::array<char, 4096> block;
  const ssize_t got = ::read(output_.get(), block.data(), block.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  buffer_.append(block.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> ChildProcess::read_line(std::chrono::milliseconds longest) {
  const auto deadline = Clock::now() + longest;
  while (true) {
    const std::size_t newline = buffer_.find('\n');
    if (newline != std::string::npos) {
      std::string line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || !fill(left)) {
      if (buffer_.empty()) return std::nullopt;
      return std::exchange(buffer_, {});  // a last line without newline
    }
  }
}

int ChildProcess::wait() {
  input_.reset();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return as_shells_say(status);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds longest) {
  input_.reset();
  const auto deadline = Clock::now() + longest;
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) != pid_) {
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  return as_shells_say(status);
}

}  // namespace anthropic_metrics::host
