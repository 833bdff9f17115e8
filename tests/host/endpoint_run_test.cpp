// SPDX-License-Identifier: Apache-2.0
// The endpoint of the program as it runs: where the policy says, through reloads, until the end.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <csignal>

#include "http_client.hpp"
#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host::test;
using anthropic_metrics::test::canary;

namespace {

const std::string fake = std::string(AM_FAKE_PLUGINS) + "/libfake_plugin.so";

std::string policy(const std::string& http, const std::string& input = "") {
  return "outputs.default.type: console\n" + http +
         "inputs:\n  - type: anthropic_metrics\n    id: acme\n    admin_api_key: " +
         std::string(canary) + "\n" + input;
}

std::vector<std::string> run_arguments(const Scratch& scratch, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{
      "run", "-c",          (scratch / "policy.yml").string(), "--plugin",
      fake,  "--path.data", (scratch / "data").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

const std::string place = "health, status and metrics are at http://localhost:";

// Where the newest endpoint listens, as the log says it.
std::uint16_t port_of(const RunningBinary& host) {
  REQUIRE(host.says(place));
  const std::string log = host.err();
  return static_cast<std::uint16_t>(std::stoi(log.substr(log.rfind(place) + place.size())));
}

bool written(const RunningBinary& host) {
  return eventually([&] { return lines(host.out()).size() == 6; });
}

}  // namespace

TEST_CASE("without http.enabled nothing listens") {
  Scratch scratch;
  write(scratch / "policy.yml", policy("http.port: 0\n"));
  const RunningBinary host(scratch.folder(), run_arguments(scratch));
  REQUIRE(written(host));
  CHECK(host.err().find("health, status and metrics") == std::string::npos);
}

TEST_CASE("a running host tells how it is, what it wrote, and no key") {
  Scratch scratch;
  write(scratch / "policy.yml", policy("", "    fake_chatter: true\n"));
  const RunningBinary host(
      scratch.folder(), run_arguments(scratch, {"-E", "http.enabled=true", "-E", "http.port=0"}));
  const std::uint16_t port = port_of(host);
  REQUIRE(written(host));
  const auto metrics = [&] { return get(port, "/metrics").body; };
  REQUIRE(eventually([&] {
    return metrics().find(
               R"(anthropic_metrics_written_documents_total{dataset="anthropic_metrics.cost",namespace="default"} 2)") !=
           std::string::npos;
  }));

  const Answered health = get(port, "/health");
  CHECK(health.status == 200);
  const Answered status = get(port, "/status");
  CHECK(status.status == 200);
  CHECK_THAT(status.body,
             ContainsSubstring(R"("id":"acme")") && ContainsSubstring(R"("type":"console")"));
  CHECK(get(port, "/status", "attacker.example").status == 403);
  CHECK(get(port, "/none").status == 404);
  for (const std::string& text : {health.body, status.body, metrics(), host.err()})
    CHECK_FALSE(anthropic_metrics::test::holds_canary(text));
}

TEST_CASE("a host stops at once while clients hang") {
  Scratch scratch;
  write(scratch / "policy.yml", policy("http: {enabled: true, port: 0}\n"));
  RunningBinary host(scratch.folder(), run_arguments(scratch));
  const std::uint16_t port = port_of(host);
  const Client silent(port);
  Client half(port);
  REQUIRE(half.send("GET /status HT"));
  REQUIRE(get(port, "/health").status == 200);

  const auto begin = std::chrono::steady_clock::now();
  host.signal(SIGTERM);

  CHECK(host.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
}

TEST_CASE("a port that is taken ends the start before anything is asked for") {
  Scratch scratch;
  write(scratch / "policy.yml", policy("http: {enabled: true, port: 0}\n"));
  const RunningBinary first(scratch.folder(), run_arguments(scratch));
  const std::uint16_t port = port_of(first);
  Scratch other;
  write(other / "policy.yml", policy("http: {enabled: true, port: " + std::to_string(port) + "}\n",
                                     "    fake_record: " + (other / "record").string() + "\n"));

  const Finished second = finish(other.folder(), run_arguments(other));

  CHECK(second.code == 78);
  CHECK_THAT(second.err, ContainsSubstring("another process listens there already") &&
                             ContainsSubstring("name another http.port"));
  CHECK(read(other / "record").empty());
}

TEST_CASE("a reload opens, moves and closes the endpoint, and a bad place leaves it where it was") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(""));
  RunningBinary host(scratch.folder(), run_arguments(scratch));
  REQUIRE(written(host));
  const auto reload = [&](const std::string& http, const std::string& says) {
    const std::size_t before = host.err().size();
    write(scratch / "policy.yml", policy(http));
    host.signal(SIGHUP);
    return eventually([&] { return host.err().find(says, before) != std::string::npos; });
  };

  REQUIRE(reload("http: {enabled: true, port: 0}\n", place));
  const std::uint16_t port = port_of(host);
  CHECK(get(port, "/health").status == 200);

  REQUIRE(reload("http: {enabled: true, host: 192.0.2.1, port: 0}\n", place));
  CHECK_THAT(host.err(), ContainsSubstring("none of this machine's"));
  const std::uint16_t again = port_of(host);
  CHECK(get(again, "/health").status == 200);

  REQUIRE(reload("http: {enabled: false}\n", "policy reloaded"));
  CHECK(eventually([&] { return !Client(again).connected(); }));
}
