// SPDX-License-Identifier: Apache-2.0
// The program as odd supervisors start it: closed descriptors, limits, a log that nobody reads.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host::test;

namespace {

const std::string fake = std::string(AM_FAKE_PLUGINS) + "/libfake_plugin.so";
const std::string usage_file = "out/metrics-anthropic_metrics.usage-default.ndjson";

struct Setup {
  Scratch scratch;
  std::string record = (scratch / "record").string();
  std::vector<std::string> arguments{
      "run", "-c",          (scratch / "policy.yml").string(), "--plugin",
      fake,  "--path.data", (scratch / "data").string()};

  Setup(const std::string& output, const std::string& input_settings) {
    write(scratch / "policy.yml", "outputs:\n  default:\n" + output +
                                      "inputs:\n  - type: anthropic_metrics\n    id: acme\n" +
                                      "    fake_record: " + record + "\n" + input_settings);
  }
  std::vector<std::string> once() const {
    std::vector<std::string> all = arguments;
    all.push_back("--once");
    return all;
  }
};

const std::string to_files = "    type: file\n    path: ${path.config}/out\n";
const std::string to_console = "    type: console\n";

}  // namespace

TEST_CASE("with descriptors 0 to 2 closed nothing else gets their numbers") {
  Setup setup(to_files, "");
  const Finished run =
      finish(setup.scratch.folder(), setup.once(), {}, R"(exec "$@" <&- >&- 2>&-)");
  CHECK(run.code == 0);
  CHECK(lines(read(setup.scratch / usage_file)).size() == 2);
  CHECK(run.out.empty());
  CHECK(run.err.empty());
}

TEST_CASE("a closed standard output ends the console output with 74 and acknowledges nothing") {
  for (const char* shell : {R"(exec "$@" >&-)", R"(exec "$@" <&- >&-)"}) {
    CAPTURE(shell);
    Setup setup(to_console, "");
    const Finished run = finish(setup.scratch.folder(), setup.arguments, {}, shell);
    CHECK(run.code == 74);
    CHECK_THAT(run.err, ContainsSubstring("cannot write to standard output: Bad file descriptor"));
    CHECK_THAT(read(setup.record), !ContainsSubstring("ack 1 0"));
  }
}

TEST_CASE("what is printed into a closed or full standard output ends with 74") {
  Scratch scratch;
  for (const char* command : {"version", "export"}) {
    for (const char* shell : {R"(exec "$@" >&-)", R"(exec "$@" >/dev/full)"}) {
      CAPTURE(command, shell);
      std::vector<std::string> arguments{command, "--plugin", fake};
      if (std::string(command) == "export") arguments.insert(arguments.begin() + 1, "description");
      const Finished run = finish(scratch.folder(), arguments, {}, shell);
      CHECK(run.code == 74);
      CHECK_THAT(run.err, ContainsSubstring("standard output"));
    }
  }
}

TEST_CASE("a limit of file sizes refuses documents instead of killing the process") {
  Setup setup(to_files, "");
#if defined(__SANITIZE_THREAD__)
  const std::string before = "trap '' XFSZ; ";  // ThreadSanitizer writes a file, before main
#else
  const std::string before;
#endif
  // The log goes through a pipe: below the limit it could not be written either.
  const Finished run =
      finish(setup.scratch.folder(), setup.once(), {},
             before + R"(log=$(ulimit -f 0; "$@" 2>&1); code=$?; echo "$log"; exit $code)");
  CHECK(run.code == 74);
  CHECK_THAT(run.out, ContainsSubstring("File too large") && ContainsSubstring("ulimit -f"));
  // Tried again without the limit, everything is there.
  CHECK(finish(setup.scratch.folder(), setup.once()).code == 0);
  CHECK(lines(read(setup.scratch / usage_file)).size() == 2);
}

TEST_CASE("a log pipe that nobody reads stops neither the work nor SIGTERM") {
  Setup setup(to_files, "    fake_batches: 400\n    fake_chatty: 1\n");
  const auto pipe_file = setup.scratch / "pipe";
  REQUIRE(mkfifo(pipe_file.c_str(), 0600) == 0);
  const int reader = open(pipe_file.c_str(), O_RDWR | O_CLOEXEC);  // never reads
  REQUIRE(fcntl(reader, F_SETPIPE_SZ, 4096) == 4096);
  RunningBinary binary(setup.scratch.folder(), setup.arguments, {}, {},
                       "exec \"$@\" 2>'" + pipe_file.string() + "'");

  CHECK(eventually([&] { return read(setup.record).find("ack 400 0") != std::string::npos; }));
  int waiting = 0;
  ioctl(reader, FIONREAD, &waiting);
  CHECK(waiting > 2000);  // it is full indeed
  const auto begin = std::chrono::steady_clock::now();
  binary.signal(SIGTERM);
  CHECK(binary.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
  close(reader);
}

TEST_CASE("SIGHUP makes the host let go of output files that were moved") {
  Setup setup(to_files, "");
  RunningBinary binary(setup.scratch.folder(), setup.arguments);
  REQUIRE(eventually([&] { return lines(read(setup.record)).size() == 4; }));
  const auto moved = setup.scratch / "moved";
  std::filesystem::rename(setup.scratch / usage_file, moved);
  const auto holds = [&] {
    bool found = false;
    const auto folder = std::filesystem::path("/proc") / std::to_string(binary.pid()) / "fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::error_code error;
      found = found || std::filesystem::read_symlink(entry.path(), error) == moved;
    }
    return found;
  };
  REQUIRE(holds());

  binary.signal(SIGHUP);

  CHECK(eventually([&] { return !holds(); }));
  binary.signal(SIGTERM);
  CHECK(binary.wait() == 0);
}
