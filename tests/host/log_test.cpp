// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

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
