// SPDX-License-Identifier: Apache-2.0
// A shipper in C++: polls a plugin, appends what it hands out to a file of JSON lines, and
// acknowledges what is on the disk. README.md beside it says why each part is as it is.
//
//   shipper [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson
//
//   --once   end when every stream has been answered, or one needs a person
//   SECRETS  folder with a file for each $secret{NAME} of the configuration
//   exit 0: stopped, or with --once all healthy; 1: the plugin refused or failed; 2: wrong call
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>

#include "beat.hpp"

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// A longer pause means: every stream was answered and waits for its next interval.
constexpr auto at_rest = 10s;

// One line at a time, from whichever thread.
void say(const std::ostringstream& line) {
  std::cerr << line.str() + '\n' << std::flush;
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

class ShippingHost : public beat::Host {
 public:
  explicit ShippingHost(std::string secrets) : secrets_(std::move(secrets)) {}

  void log(std::int32_t level, std::string_view component, std::string_view text) override {
    static constexpr const char* names[] = {"?", "error", "warn", "info", "debug", "trace"};
    std::ostringstream line;
    line << names[level >= 1 && level <= 5 ? level : 0] << ' ' << component << ": " << text;
    say(line);
  }

  void health(std::int32_t health, std::string_view stream, std::string_view text) override {
    static constexpr const char* names[] = {"starting", "healthy",  "degraded",
                                            "failed",   "stopping", "stopped"};
    std::ostringstream line;
    line << "health " << (stream.empty() ? "instance" : stream) << ": "
         << names[health >= 0 && health <= 5 ? health : BEAT_HEALTH_DEGRADED]
         << (text.empty() ? "" : ", ") << text;
    say(line);
  }

  // Reads the file into the plugin's buffer, and nowhere else: no copy of it is left here.
  beat_status secret(std::string_view name, char* buf, std::size_t cap, std::size_t& len) override {
    if (name.empty() || name[0] == '.' || name.find('/') != std::string_view::npos)
      return BEAT_E_GENERIC;
    const Descriptor file(
        ::open((secrets_ + "/" + std::string(name)).c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return BEAT_E_GENERIC;
    len = static_cast<std::size_t>(info.st_size);
    if (len > cap) return BEAT_E_TRUNCATED;
    return ::read(file.get(), buf, len) == info.st_size ? BEAT_OK : BEAT_E_GENERIC;
  }

 private:
  std::string secrets_;
};

// A file of JSON lines. Throws std::system_error, and then holds what it held before.
class Output {
 public:
  explicit Output(std::string path) : path_(std::move(path)) {}

  // Returns when the lines are on the disk.
  void append(std::string_view lines) {
    if (!file_) open();
    const off_t before = ::lseek(file_.get(), 0, SEEK_END);
    try {
      while (!lines.empty()) {
        const ssize_t written = ::write(file_.get(), lines.data(), lines.size());
        if (written >= 0)
          lines.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
          fail();
      }
      if (::fsync(file_.get()) != 0) fail();
    } catch (const std::system_error&) {
      if (::ftruncate(file_.get(), before) != 0)
        std::cerr << "shipper: " + path_ + " keeps a part\n";
      Descriptor closed = std::move(file_);  // opened anew next time, whatever happened to it
      throw;
    }
  }

 private:
  // A line that a crash cut off is taken away: its batch was not acknowledged and comes again.
  void open() {
    Descriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!file) fail();
    off_t end = ::lseek(file.get(), 0, SEEK_END);
    char last = '\n';
    while (end > 0 && ::pread(file.get(), &last, 1, end - 1) == 1 && last != '\n') --end;
    if (end < 0 || ::ftruncate(file.get(), end) != 0) fail();
    file_ = std::move(file);
  }
  [[noreturn]] void fail() const {
    throw std::system_error(errno, std::generic_category(), "cannot write " + path_);
  }

  std::string path_;
  Descriptor file_;
};

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// A thread that waits for the signal and ends the running poll. A handler could not: no function of
// a plugin may be called from one. Blocks the signals; made before there are other threads.
class Stopper {
 public:
  Stopper() { pthread_sigmask(SIG_BLOCK, &signals_, nullptr); }

  // As long as it lives, a signal cancels the instance's poll.
  class Watch {
   public:
    Watch(Stopper& stopper, const beat::Instance& instance)
        : thread_([&stopper, &instance] {
            int signal = 0;
            sigwait(&stopper.signals_, &signal);
            stopper.stop();
            instance.cancel();
          }) {}
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
      pthread_kill(thread_.native_handle(), SIGTERM);  // the thread takes it, nobody else
      thread_.join();
    }

   private:
    std::thread thread_;
  };

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
  }
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  void wait(milliseconds time) {
    std::unique_lock lock(mutex_);
    // An earlier poll is harmless.
    changed_.wait_for(lock, std::min<milliseconds>(time, 60s), [this] { return stopping_; });
  }

 private:
  const sigset_t signals_ = stop_signals();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
};

// Pauses after failures: each is twice the one before.
class Pause {
 public:
  milliseconds next() {
    return value_ = std::min<milliseconds>(value_ == 0s ? 1s : value_ * 2, 30s);
  }
  void reset() { value_ = 0s; }

 private:
  milliseconds value_ = 0s;
};

// The plugin has written down that the batch is delivered; or we are asked to stop, and it comes
// again after the next start.
void acknowledge(beat::Batch& batch, Stopper& stopper) {
  Pause pause;
  for (;;) {
    try {
      return batch.delivered();
    } catch (const beat::Failure& failure) {
      if (!failure.passes() || stopper.stopping()) throw;
      std::cerr << std::string("shipper: ack: ") + failure.what() + '\n';
      stopper.wait(pause.next());
    }
  }
}

// Polls and delivers until a signal, or with `once` until all is there. The exit code.
int run(const beat::Instance& instance, Output& output, Stopper& stopper, bool once,
        std::uint64_t& delivered) {
  Pause pause;
  while (!stopper.stopping()) {
    try {
      const beat_poll_result polled = instance.poll(2000);
      if (polled.batch == nullptr) {
        pause.reset();
        const milliseconds next(polled.next_poll_ms);
        if (once && (next > at_rest || polled.health == BEAT_HEALTH_FAILED))
          return polled.health == BEAT_HEALTH_HEALTHY ? 0 : 1;
        stopper.wait(next);
        continue;
      }
      beat::Batch batch = instance.batch(polled);
      output.append(batch.lines());
      const std::uint64_t count = batch.size();
      acknowledge(batch, stopper);
      delivered += count;
      std::cerr << "shipper: " + std::to_string(delivered) + " documents on disk\n";
      pause.reset();
    } catch (const std::system_error& error) {  // `batch` went back when this left its scope
      std::cerr << std::string("shipper: ") + error.what() +
                       "; the batch goes back and comes again\n";
      stopper.wait(pause.next());
    } catch (const beat::Failure& failure) {
      if (stopper.stopping()) break;
      std::cerr << "shipper: status " + std::to_string(failure.status()) + ", " + failure.what() +
                       '\n';
      if (!failure.passes()) return 1;
      stopper.wait(pause.next());
    }
  }
  return 0;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::invalid_argument("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int ship(const beat::Library& library, const std::string& config, const std::string& secrets,
         const std::string& path, bool once) {
  Stopper stopper;  // first: the signals are blocked before anything starts
  const ShippingHost host(secrets);
  Output output(path);
  std::uint64_t delivered = 0;
  int code = 0;
  {
    const beat::Instance instance(library, host, config, "shipper");
    const Stopper::Watch watch(stopper, instance);  // ends before the instance does
    code = run(instance, output, stopper, once, delivered);
  }
  std::cerr << "shipper: stopped, " + std::to_string(delivered) + " documents delivered\n";
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const bool once = argc > 1 && std::string_view(argv[1]) == "--once";
  if (argc - once != 5) {
    std::cerr << "usage: shipper [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson\n";
    return 2;
  }
  argv += once;
  try {
    const beat::Library library(argv[1]);
    const std::string config = contents(argv[2]);
    try {
      return ship(library, config, argv[3], argv[4], once);
    } catch (const beat::Failure& failure) {
      std::cerr << "shipper: the plugin refuses to start, status " +
                       std::to_string(failure.status()) + ":\n" + failure.what() + '\n';
      return 1;
    }
  } catch (const std::exception& error) {
    std::cerr << std::string("shipper: ") + error.what() + '\n';
    return 2;
  }
}
