// SPDX-License-Identifier: Apache-2.0
// The command `status`: what it prints of a running host, and how it ends.
#include "endpoint/status_table.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "catch_failure.hpp"
#include "http_client.hpp"
#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

const char* const answer = R"({
  "health": "degraded", "message": "input acme is degraded: cost: HTTP 500", "version": "1.2.3",
  "uptime_seconds": 11100,
  "inputs": [{"id": "acme", "output": "store", "health": "degraded", "last_error": "cost: HTTP 500",
    "delivery": {"ready": 1, "in_flight": 2, "pending_documents": 1500, "pending_bytes": 1200000,
                 "delivered_documents": 7},
    "streams": {
      "cost": {"health": "degraded", "message": "HTTP 500", "documents": 3, "requests": 4},
      "usage": {"health": "healthy", "lag_seconds": 1380, "cursor": "2026-09-01T00:00:00Z",
                "documents": 1234567, "corrections": 8, "requests": 9, "retries": 1,
                "set_aside": {"rows": 5}}}}],
  "outputs": [{"name": "store", "type": "elasticsearch", "health": "degraded",
    "message": "7 documents were put aside", "counters": {"created": 100, "present": 2,
    "retried": 3, "rejected": 7, "requests": 10, "failed_requests": 1, "dead_letters": 7}}]})";

const std::string fake = std::string(AM_FAKE_PLUGINS) + "/libfake_plugin.so";

}  // namespace

TEST_CASE("status is a table of streams, outboxes and outputs, and what is wrong below") {
  const auto shown = status_table(answer);
  REQUIRE(shown.has_value());
  CHECK_FALSE(shown->failed);
  CHECK(shown->text == R"(anthropic-metrics 1.2.3, up 3 h 05 min
degraded: input acme is degraded: cost: HTTP 500

  stream        health     lag           exact until  documents  corrections  requests  retries
  acme/cost   degraded       -                     -          3            -         4        -
  acme/usage   healthy  23 min  2026-09-01T00:00:00Z  1,234,567            8         9        1

  input    health  output  waiting documents      bytes  batches  under way  delivered
  acme   degraded   store              1,500  1,200,000        1          2          7

  output           type    health  created  present  retried  rejected  requests  failed  dead letters
  store   elasticsearch  degraded      100        2        3         7        10       1             7

acme/cost: HTTP 500
acme/usage: 5 rows could not be read and are in no sum
acme: last error: cost: HTTP 500
output store: 7 documents were put aside
)");
}

TEST_CASE("what another server answers is no status") {
  for (const char* text :
       {"", "no JSON", "[]", "{}", R"({"health": "green"})", R"({"inputs": []})"}) {
    const auto shown = status_table(text);
    REQUIRE_FALSE(shown.has_value());
    CHECK(shown.error().code == ExitCode::not_running);
    CHECK_THAT(shown.error().lines.at(0), ContainsSubstring("--url"));
  }
}

TEST_CASE("a status of a later version is shown as far as it is understood") {
  const auto shown = status_table(
      R"({"health": "failed", "inputs": [7, {"id": "a", "streams": {"x": {}, "y": 1}}], "outputs": {}})");
  REQUIRE(shown.has_value());
  CHECK(shown->failed);
  CHECK_THAT(shown->text, ContainsSubstring("a/x") && !ContainsSubstring("a/y"));
}

TEST_CASE("what a status quotes acts on no terminal") {
  const auto shown = status_table(
      R"({"health": "failed", "message": "\u001b[2J", "inputs": [{"id": "a\u001b[1m", "last_error": "\u202e"}]})");
  REQUIRE(shown.has_value());
  CHECK(shown->text.find('\x1b') == std::string::npos);
  CHECK(shown->text.find("\u202e") == std::string::npos);
}

TEST_CASE("durations are spoken in two units") {
  CHECK(spoken(0) == "0 s");
  CHECK(spoken(59.9) == "59 s");
  CHECK(spoken(60) == "1 min");
  CHECK(spoken(3660) == "1 h 01 min");
  CHECK(spoken(90'000) == "1 d 1 h");
  CHECK(spoken(-5) == "0 s");
}

TEST_CASE("status asks the host that runs the policy, and says if there is none") {
  Scratch scratch;
  const std::string policy = (scratch / "policy.yml").string();
  const auto write_policy = [&](const std::string& http) {
    write(policy, "outputs.default.type: console\n" + http +
                      "inputs: [{type: anthropic_metrics, id: acme}]\n");
  };
  write_policy("http: {enabled: true, port: 0}\n");
  RunningBinary host(scratch.folder(), {"run", "-c", policy, "--plugin", fake, "--path.data", ""});
  const std::string place = "are at http://localhost:";
  REQUIRE(host.says(place));
  const std::string log = host.err();
  const std::string port = std::to_string(std::stoi(log.substr(log.rfind(place) + place.size())));
  Scratch other;

  write_policy("http: {enabled: true, port: " + port + "}\n");
  const Finished asked = finish(other.folder(), {"status", "-c", policy});
  CHECK(asked.code == 0);
  CHECK_THAT(asked.out, ContainsSubstring("up ") && ContainsSubstring("acme"));
  const Finished json = finish(other.folder(), {"status", "--json", "--url", "127.0.0.1:" + port});
  CHECK(json.code == 0);
  CHECK(json.out.starts_with("{"));

  write_policy("http: {enabled: true, port: 0}\n");
  CHECK(finish(other.folder(), {"status", "-c", policy}).code == 68);
  write_policy("");
  const Finished off = finish(other.folder(), {"status", "-c", policy});
  CHECK(off.code == 68);
  CHECK_THAT(off.err, ContainsSubstring("http.enabled is not true"));

  host.signal(SIGTERM);
  REQUIRE(host.wait() == 0);
  const Finished nobody =
      finish(other.folder(), {"status", "--url", "http://127.0.0.1:" + port, "--timeout", "5"});
  CHECK(nobody.code == 68);
  CHECK_THAT(nobody.err, ContainsSubstring("http.enabled: true"));
}
