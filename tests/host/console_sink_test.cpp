// SPDX-License-Identifier: Apache-2.0
// Standard output as others hand it out: non-blocking, closed, on a full disk.
#include "outputs/console_sink.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <thread>

#include "output_setup.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

// Lines of many lengths, so that a pipe's room ends anywhere.
Batch many(const std::string& name, int count) {
  std::vector<std::pair<std::uint32_t, std::string>> documents;
  for (int i = 0; i < count; ++i)
    documents.emplace_back(
        0, name + std::to_string(i) + std::string(static_cast<std::size_t>(i % 977), 'x'));
  return Batch(documents);
}

std::string read_all(int fd) {
  std::string text;
  char block[777];
  for (ssize_t got = 0; (got = ::read(fd, block, sizeof(block))) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

TEST_CASE(
    "a non-blocking standard output gets every line once and whole, however slow its reader") {
  std::array<int, 2> ends{};
  SECTION("a pipe") {
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
  }
  SECTION("a socket") {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  }
  REQUIRE(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  const Batch first = many("a", 500);
  const Batch second = many("b", 500);
  std::string seen;
  std::thread reader([&] { seen = read_all(ends[0]); });
  ConsoleSink sink(ends[1]);

  const auto written = sink.write(first.batch, targets);
  const auto written_too = sink.write(second.batch, targets);

  close(ends[1]);
  reader.join();
  close(ends[0]);
  CHECK(written);
  CHECK(written_too);
  CHECK(seen == first.ndjson + second.ndjson);
}

TEST_CASE("a batch that broke off in the middle goes on where it stopped, whoever writes next") {
  Scratch scratch;
  const auto file = scratch / "stdout";
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  struct rlimit former {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &former) == 0);
  const auto former_action = std::signal(SIGXFSZ, SIG_IGN);
  const auto limit = [&](rlim_t bytes) {
    struct rlimit small = former;
    small.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &small);
  };
  const Batch one = many("a", 60);
  const Batch other = many("b", 60);
  ConsoleSink sink(fd);

  limit(501);  // amid a line
  const auto full = sink.write(one.batch, targets);
  const auto still_full = sink.write(other.batch, targets);
  limit(777);  // some room
  const auto somewhat = sink.write(one.batch, targets);
  setrlimit(RLIMIT_FSIZE, &former);
  const auto other_instance = sink.write(other.batch, targets);
  const auto comes_again = sink.write(one.batch, targets);
  const auto later = sink.write(one.batch, targets);  // other documents could have equal bytes
  std::signal(SIGXFSZ, former_action);
  close(fd);

  REQUIRE(!full);
  CHECK(full.error().passes);
  CHECK_THAT(full.error().lines[0],
             ContainsSubstring("cannot write to standard output: File too large"));
  CHECK(!still_full);
  CHECK(!somewhat);
  CHECK(other_instance);
  CHECK(comes_again);
  CHECK(later);
  CHECK(read(file) == one.ndjson + other.ndjson + one.ndjson);
}

TEST_CASE("a standard output that is closed is a failure for good") {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);  // as a closed one is opened at the start
  ConsoleSink sink(fd);
  const auto failure = sink.write(Batch({{0, "{}"}}).batch, targets);
  close(fd);
  REQUIRE(!failure);
  CHECK(!failure.error().passes);
  CHECK_THAT(failure.error().lines[0], ContainsSubstring("Bad file descriptor"));
}
