// SPDX-License-Identifier: Apache-2.0
// Exchanges that end before their answer does: cancelled, dropped, outlived; and many at once.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "client.hpp"
#include "gzip.hpp"
#include "obstacles.hpp"

namespace anthropic_metrics::net::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;
const std::string host = "api.example.test";

}  // namespace

TEST_CASE("cancel ends an exchange within 50 ms in every phase") {
  enum class Phase { lookup, connect, tunnel, handshake, waiting, header, body, gzip_body };
  double slowest = 0;
  int phases = 0;
  for (const Phase phase : {Phase::lookup, Phase::connect, Phase::tunnel, Phase::handshake,
                            Phase::waiting, Phase::header, Phase::body, Phase::gzip_body}) {
    CAPTURE(static_cast<int>(phase));
    const auto stall = [&](Peer& peer) {
      peer.read_head();
      if (phase == Phase::header) peer.send("HTTP/1.1 200 OK\r\nX:");
      if (phase == Phase::body) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
      if (phase == Phase::gzip_body) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n" +
                  gzip("{\"data\":[]}").substr(0, 15));
      }
      peer.wait_for_close();
    };
    const auto silent = [](Peer& peer) { peer.wait_for_close(); };
    const bool raw = phase == Phase::handshake || phase == Phase::tunnel;
    const auto server = raw ? std::make_unique<TestServer>(silent)
                            : std::make_unique<TestServer>(ServerTls{server_for(host)}, stall);
    HttpSettings settings =
        phase == Phase::tunnel ? proxied(server->port()) : settings_for(host, server->port());
    settings.deadlines.first_byte = 30s;
    settings.deadlines.exchange = 120s;
    TransportParts parts;
    if (phase == Phase::lookup) {
      settings.addresses.clear();
      parts.lookup = [](std::string, std::uint16_t, auto) {};
    }
    const FullListener full;
    if (phase == Phase::connect) settings.url.port = full.port();
    Client client(std::move(settings), std::move(parts));
    std::optional<Error> failed;
    launch(client, failed);
    const auto until = Clock::now() + 60ms;  // long enough to arrive in the phase
    while (Clock::now() < until && !failed) client.loop.run_for(5ms);

    const auto began = Clock::now();
    client.transport->cancel();
    client.loop.run();
    const double took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();

    REQUIRE(failed.has_value());
    CHECK(failed->code == Errc::cancelled);
    CHECK(took < 50);
    slowest = std::max(slowest, took);
    ++phases;
    CHECK(client.get().error().code == Errc::cancelled);
  }
  CHECK(phases == 8);
  std::cout << fmt::format("cancelled in {} phases, the slowest within {:.2f} ms\n", phases,
                           slowest);
}

TEST_CASE("the loop may be destroyed with a hundred requests suspended anywhere") {
  TestServer server({server_for(host)}, [](Peer& peer) {
    peer.read_head();
    if (peer.number % 2) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    peer.wait_for_close();
  });
  TestServer silent([](Peer& peer) { peer.wait_for_close(); });
  std::vector<std::unique_ptr<std::optional<Error>>> failures;
  for (const bool transport_first : {true, false}) {
    HttpSettings settings = settings_for(host, server.port());
    Client client(std::move(settings));
    Client mute(settings_for(host, silent.port()));
    for (int i = 0; i < 100; ++i) {
      Client& which = i % 4 == 0 ? mute : client;
      launch(which, *failures.emplace_back(std::make_unique<std::optional<Error>>()));
      which.loop.poll();
    }
    client.loop.run_for(50ms);
    mute.loop.run_for(5ms);
    if (transport_first) client.transport.reset();
  }
  SUCCEED();
}

TEST_CASE("an exchange dropped half-way closes its connection, and may outlive the transport") {
  TestServer server([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{");
    peer.wait_for_close();
  });
  Client client(plain_settings(server.port()));
  std::unique_ptr<Exchange> held;
  const auto take = [](Transport& transport,
                       std::unique_ptr<Exchange>& out) -> asio::awaitable<void> {
    Request request{std::string(me), {}};
    auto exchange = co_await transport.send(std::move(request));
    if (exchange) out = std::move(*exchange);
  };
  asio::co_spawn(client.loop, take(*client.transport, held), asio::detached);
  // run() would wait for the timer of what is held.
  while (!held && client.loop.run_one() > 0) {
  }
  REQUIRE(held);
  held.reset();
  server.drain();  // the server saw the close

  asio::co_spawn(client.loop, take(*client.transport, held), asio::detached);
  while (!held && client.loop.run_one() > 0) {
  }
  REQUIRE(held);
  client.transport.reset();
  CHECK(held->head().status == 200);
  held.reset();
  server.drain();
}

TEST_CASE("several exchanges run at once, each on a connection of its own") {
  TestServer server({server_for(host)}, [](Peer& peer) {
    while (!peer.read_head().empty()) {
      peer.send(ok_answer(std::string(200000, static_cast<char>('a' + peer.number))));
    }
  });
  Client client(settings_for(host, server.port()));
  int done = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 6; ++i) {
      asio::co_spawn(client.loop, fetch(*client.transport, Request{std::string(me), {}}),
                     [&](std::exception_ptr, Result<Answer> answer) {
                       REQUIRE(answer.has_value());
                       CHECK(answer->body == std::string(200000, answer->body[0]));
                       ++done;
                     });
    }
    client.loop.restart();
    client.loop.run();
  }
  CHECK(done == 18);
  CHECK(server.connections() == 6);
}

}  // namespace anthropic_metrics::net::test
