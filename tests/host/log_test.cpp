// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <thread>

#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

struct File {
  Scratch scratch;
  int fd = open((scratch / "log").c_str(), O_WRONLY | O_CREAT, 0600);
  ~File() { close(fd); }
  std::string text() const { return read(scratch / "log"); }
};

}  // namespace

TEST_CASE("a line is one ECS object") {
  File file;
  Log log(file.fd, Log::Style::ecs_json);
  log.write(LogLevel::warn, "usage", "acme", "a \"quoted\"\nline");

  const auto value = boost::json::parse(file.text());
  const auto& line = value.as_object();
  CHECK(line.at("log.level") == "warn");
  CHECK(line.at("log.logger") == "usage");
  CHECK(line.at("message") == "a \"quoted\" line");
  CHECK(line.at("ecs.version") == "9.3.0");
  CHECK(line.at("service.name") == "anthropic-metrics");
  CHECK(line.at("labels").at("input") == "acme");
  CHECK(line.at("@timestamp").as_string().size() == 24);
  CHECK(lines(file.text()).size() == 1);
}

TEST_CASE("a person gets a readable line") {
  File file;
  Log log(file.fd, Log::Style::human);
  log.write(LogLevel::info, "usage", "acme", "hello");
  CHECK_THAT(file.text(), ContainsSubstring(" info  acme/usage: hello\n"));
}

TEST_CASE("lines beyond the level are not written") {
  File file;
  Log log(file.fd, Log::Style::human, LogLevel::warn);
  log.info("quiet");
  log.error("loud");
  log.set_level(LogLevel::debug);
  log.debug("now");
  CHECK(lines(file.text()).size() == 2);
  CHECK_THAT(file.text(), !ContainsSubstring("quiet"));
}

TEST_CASE("levels are known by the words of the Agent") {
  CHECK(log_level_from("WARNING") == LogLevel::warn);
  CHECK(log_level_from("trace") == LogLevel::trace);
  CHECK(!log_level_from("loud"));
}

TEST_CASE("secrets are replaced, also undeclared keys, but not the prefix that help texts name") {
  CHECK(redact("a secret and secret2", {"secret2", "secret"}) == "a [redacted] and [redacted]");
  CHECK(redact("key sk-ant-admin01-abcdefgh.", {}) == "key [redacted].");
  CHECK(redact("an Admin key (sk-ant-admin...)", {}) == "an Admin key (sk-ant-admin...)");
  CHECK(redact("sk-ant-", {}) == "sk-ant-");
}

TEST_CASE("a secret that contains another one is replaced whole, and tiny texts are not secrets") {
  File file;
  Log log(file.fd, Log::Style::human);
  const SecretText inner = log.keep_secret("inner");
  const SecretText outer = log.keep_secret("outer-inner-outer");
  CHECK(log.keep_secret("a") == nullptr);
  CHECK(log.redacted("banana outer-inner-outer") == "banana [redacted]");
}

TEST_CASE("the log keeps no secret alive, and one copy of equal ones") {
  File file;
  Log log(file.fd, Log::Style::human);
  SecretText one = log.keep_secret("a-secret");
  SecretText same = log.keep_secret("a-secret");
  CHECK(one == same);
  one.reset();
  CHECK(log.redacted("a-secret") == "[redacted]");
  same.reset();
  CHECK(log.redacted("a-secret") == "a-secret");
  const SecretText shorter = log.keep_secret("secret");
  const SecretText longer = log.keep_secret("a-secret-b");
  CHECK(log.redacted("a-secret-b") == "[redacted]");
}

TEST_CASE("what the log quotes acts on no terminal, in both styles") {
  for (const Log::Style style : {Log::Style::human, Log::Style::ecs_json}) {
    File file;
    Log log(file.fd, style);
    log.write(LogLevel::warn, "us\x1b[1mage", "ac\xe2\x80\xaeme", "clear\x1b[2J \xc2\x9b\x9b end");
    const std::string text = file.text();
    CHECK_THAT(text, !ContainsSubstring("\x1b") && !ContainsSubstring("\xc2\x9b") &&
                         !ContainsSubstring("\xe2\x80\xae") && ContainsSubstring("x1b[2J"));
    if (style == Log::Style::ecs_json)
      CHECK(boost::json::parse(text).at("message") == "clear\\x1b[2J \\x9b\\x9b end");
  }
}

namespace {

// Both ends of what a log writes to; the reader reads only when it is told to.
struct Ends {
  std::array<int, 2> fds{};
  explicit Ends(bool socket) {
    if (socket) {
      REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
    } else {
      REQUIRE(pipe2(fds.data(), O_CLOEXEC) == 0);
    }
  }
  ~Ends() {
    for (const int fd : fds) close(fd);
  }
  // What is there now.
  std::string read_some() const {
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = ::read(fds[0], block.data(), block.size())) > 0;)
      text.append(block.data(), static_cast<std::size_t>(got));
    return text;
  }
};

}  // namespace

TEST_CASE("a log that nobody reads never waits, and says later how many lines it dropped") {
  const bool socket = GENERATE(false, true);
  Ends ends(socket);
  Log log(ends.fds[1], Log::Style::human);
  constexpr int written = 20'000;
  const std::string filler(100, 'x');

  for (int i = 0; i < written; ++i) log.info(std::to_string(i) + " " + filler);  // returns

  CHECK(log.has_pending());
  CHECK((fcntl(ends.fds[1], F_GETFL) & O_NONBLOCK) == 0);  // others share the pipe
  std::string text;
  while (log.has_pending()) {
    text += ends.read_some();
    log.drain();
  }
  log.info("after");
  text += ends.read_some();

  const std::vector<std::string> seen = lines(text);
  std::size_t whole = 0;
  for (const std::string& line : seen) whole += line.find(" " + filler) != std::string::npos;
  REQUIRE(seen.size() == whole + 2);
  CHECK(whole > 1000);  // a reader that is late by that much misses nothing
  CHECK_THAT(seen.at(whole), ContainsSubstring(std::to_string(written - whole) +
                                               " lines of the log were dropped here"));
  CHECK_THAT(seen.back(), ContainsSubstring("after"));
  for (std::size_t i = 0; i < whole; ++i)
    CHECK_THAT(seen[i], ContainsSubstring(": " + std::to_string(i) + " x"));
}

TEST_CASE("a log whose reader is gone keeps nothing") {
  const auto former = std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> fds{};
  REQUIRE(pipe2(fds.data(), O_CLOEXEC) == 0);
  Log log(fds[1], Log::Style::human);
  close(fds[0]);
  log.info("nobody");
  log.drain(std::chrono::seconds(20));
  CHECK(!log.has_pending());
  close(fds[1]);
  std::signal(SIGPIPE, former);
}

TEST_CASE("concurrent writers to a log that nobody reads all return, and no line is torn") {
  Ends ends(false);
  Log log(ends.fds[1], Log::Style::human);
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (int j = 0; j < 2000; ++j)
        log.info("begin " + std::string(static_cast<std::size_t>(j % 300), 'x') + " end");
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::string text;
  while (log.has_pending()) {
    text += ends.read_some();
    log.drain();
  }
  text += ends.read_some();
  for (const std::string& line : lines(text)) {
    const bool whole =
        line.find("begin ") != std::string::npos && line.substr(line.size() - 4) == " end";
    if (!whole) CHECK_THAT(line, ContainsSubstring("dropped here"));
  }
}
