// SPDX-License-Identifier: Apache-2.0
// The host's small HTTP server over loopback: bounded and quick to stop, whatever clients do.
#include "endpoint/http_server.hpp"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <stdexcept>

#include "catch_failure.hpp"
#include "http_client.hpp"
#include "running_binary.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using namespace std::chrono_literals;

namespace {

const EndpointSettings anywhere{true, "127.0.0.1", 0};

HttpAnswer echo(const std::string& path) {
  HttpAnswer answer;
  if (path == "/throws") throw std::runtime_error("secret reason");
  answer.body = path == "/large" ? std::string(std::size_t{8} << 20U, 'x') : "asked for " + path;
  return answer;
}

std::unique_ptr<HttpServer> serving(HttpServer::Limits limits = {}) {
  auto server = HttpServer::start(anywhere, echo, limits);
  REQUIRE(server.has_value());
  return std::move(*server);
}

using Clock = std::chrono::steady_clock;

}  // namespace

TEST_CASE("the endpoint answers one request after another") {
  const auto server = serving();
  for (const char* path : {"/health", "/status", "/"}) {
    const Answered answered = get(server->port(), path);
    CHECK(answered.status == 200);
    CHECK(answered.body == std::string("asked for ") + path);
  }
  const Answered head = get(server->port(), "/health", "localhost", "HEAD");
  CHECK(head.status == 200);
  CHECK_THAT(head.head, ContainsSubstring("Content-Length: 17\r\n"));
  CHECK(head.body.empty());
}

TEST_CASE("bad requests get their answer and harm nobody else") {
  const auto server = serving();
  CHECK(get(server->port(), "/", "attacker.example").status == 403);
  CHECK(get(server->port(), "/", "localhost", "POST").status == 405);
  CHECK(get(server->port(), "no-path").status == 400);
  const Answered thrown = get(server->port(), "/throws");
  CHECK(thrown.status == 500);
  CHECK(thrown.body.find("secret") == std::string::npos);
  for (const std::string& text : {std::string(4, '\0') + "\n\n", std::string("\x16\x03\x01\n\n")}) {
    Client client(server->port());
    REQUIRE(client.send(text));
    CHECK_THAT(client.receive(), ContainsSubstring("HTTP/1.1 400 "));
  }
  CHECK(get(server->port(), "/").status == 200);
}

TEST_CASE("a head without an end is cut off at its limit") {
  const auto server = serving();
  Client client(server->port());
  REQUIRE(client.send("GET / HTTP/1.1\r\nX: "));
  REQUIRE(client.send(std::string(9000, 'x')));
  CHECK_THAT(client.receive(), ContainsSubstring("HTTP/1.1 431 "));
}

TEST_CASE("a request may come octet by octet") {
  const auto server = serving();
  Client client(server->port());
  for (const char c : std::string("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    REQUIRE(client.send(std::string(1, c)));
  CHECK(client.receive().ends_with("asked for /slow"));
}

TEST_CASE("who is too slow is left, and others are answered meanwhile") {
  const auto server = serving({.patience = 300ms});
  Client silent(server->port());
  Client half(server->port());
  REQUIRE(half.send("GET / HT"));
  CHECK(get(server->port(), "/").status == 200);
  CHECK(silent.receive().empty());
  CHECK(half.receive().empty());
}

TEST_CASE("an answer larger than the socket takes is sent whole") {
  const auto server = serving();
  const Answered answered = get(server->port(), "/large");
  CHECK(answered.status == 200);
  CHECK(answered.body == std::string(std::size_t{8} << 20U, 'x'));
}

TEST_CASE("with all places taken others wait until one is free") {
  const auto server = serving({.connections = 2, .patience = 500ms});
  const Client first(server->port());
  const Client second(server->port());
  const auto begin = Clock::now();
  CHECK(get(server->port(), "/").status == 200);
  CHECK(Clock::now() - begin < 15s);
}

TEST_CASE("the end waits for no client") {
  auto server = serving({.patience = 60s});
  const std::uint16_t port = server->port();
  const Client silent(port);
  Client half(port);
  REQUIRE(half.send("GET /"));
  Client reads_nothing(port);
  REQUIRE(reads_nothing.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  REQUIRE(get(port, "/").status == 200);  // all three have been seen by now

  const auto begin = Clock::now();
  server.reset();

  CHECK(Clock::now() - begin < 2s);
  CHECK_FALSE(Client(port).connected());
}

TEST_CASE("a port that is taken is told with what to do") {
  const auto server = serving();
  const auto second = HttpServer::start({true, "127.0.0.1", server->port()}, echo);

  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == ExitCode::configuration);
  REQUIRE(second.error().lines.size() == 1);
  CHECK_THAT(second.error().lines[0], ContainsSubstring("another process listens there already") &&
                                          ContainsSubstring("http.port") &&
                                          ContainsSubstring("http.enabled"));
}

TEST_CASE("an address of another machine is told with what to do") {
  const auto server = HttpServer::start({true, "192.0.2.1", 0}, echo);
  REQUIRE_FALSE(server.has_value());
  CHECK_THAT(server.error().lines.at(0), ContainsSubstring("none of this machine's"));
  const auto named = HttpServer::start({true, "no-such-host.invalid", 0}, echo);
  REQUIRE_FALSE(named.has_value());
  CHECK_THAT(named.error().lines.at(0), ContainsSubstring("http.host"));
}
