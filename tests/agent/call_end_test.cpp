// SPDX-License-Identifier: Apache-2.0
#include "control/call_end.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "control/clean.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::control;
using Catch::Matchers::ContainsSubstring;

namespace {

Failure of(std::optional<int> status, const char* message = "", int http = 200,
           std::uint32_t reset = 0) {
  return explain({http, status, message, reset}, "check-ins");
}

}  // namespace

TEST_CASE("each end of a call says who has to do what") {
  CHECK_THAT(of(7, "invalid%20token").lines[0], ContainsSubstring("status 7: invalid token") &&
                                                    ContainsSubstring("restart the Elastic Agent"));
  CHECK_THAT(of(12).lines[0], ContainsSubstring("8.6 or newer"));
  CHECK_THAT(of(8).lines[0], ContainsSubstring("agent.grpc.max_message_size"));
  CHECK_THAT(of(6).lines[0], ContainsSubstring("another process"));
  CHECK_THAT(of(2, "odd").lines[0],
             ContainsSubstring("status 2: odd") && ContainsSubstring("this goes on trying"));
  CHECK_THAT(of(std::nullopt, "", 503).lines[0], ContainsSubstring("HTTP status 503"));
  CHECK_THAT(of(std::nullopt, "", 200, 8).lines[0], ContainsSubstring("HTTP/2 code 8"));
}

TEST_CASE("the Agent's own stop and restart are ordinary, refusals are not") {
  CHECK(of(0).passes);
  CHECK(of(14, "stopping").passes);
  CHECK(of(std::nullopt).passes);
  CHECK_FALSE(of(7).passes);
  CHECK_FALSE(of(std::nullopt, "", 404).passes);
}

TEST_CASE("what the other side says is made fit for a line") {
  CHECK(readable("100%25 %zz %4") == "100% %zz %4");
  CHECK(readable("a%0Ab%1b[31m") == "a b\\x1b[31m");
  CHECK(readable(std::string(1000, 'x')).size() <= 203);
}

TEST_CASE("secrets that the log knows leave in no message, payload or file") {
  Log log(STDERR_FILENO, Log::Style::ecs_json);
  const SecretText kept = log.keep_secret("canary");
  SeenUnit unit{{}, 1, UnitState::failed, "the key canary is refused", {}};
  unit.payload = boost::json::parse(R"({"a":[{"b":"canary!"}],"c":7})").as_object();
  clean(unit, log);
  CHECK(unit.message == "the key [redacted] is refused");
  CHECK(boost::json::serialize(unit.payload) == R"({"a":[{"b":"[redacted]!"}],"c":7})");
  ActionAnswer answer{"not canary", {{"n", "f", "d", "t", "api_key: canary"}}};
  clean(answer, log);
  CHECK(answer.error == "not [redacted]");
  CHECK(answer.files[0].content == "api_key: [redacted]");
}
