// SPDX-License-Identifier: Apache-2.0
// The transport on bad days: cuts at every octet, stalls, limits, dead kept connections,
// cancellation. After each: an error that says so, and the next request works.
#include <fmt/format.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <iostream>

#include "client.hpp"
#include "gzip.hpp"
#include "recordings.hpp"

namespace anthropic_metrics::net::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
const std::string host = "api.example.test";

void short_deadlines(HttpSettings& settings, Clock::duration limit = 150ms) {
  settings.deadlines.connect = limit;
  settings.deadlines.handshake = limit;
  settings.deadlines.first_byte = limit;
  settings.deadlines.least_octets_within = limit;
}

enum class Cut { fin, close_notify, reset, stall };

}  // namespace

TEST_CASE("an answer cut at any octet, in any way, is an error and the next request succeeds") {
  std::size_t cuts = 0;
  for (const bool tls : {false, true}) {
    for (const std::string& recording : recordings()) {
      for (const Cut cut : {Cut::fin, Cut::close_notify, Cut::reset}) {
        if (!tls && cut == Cut::close_notify) continue;
        std::atomic<std::size_t> offset = 0;  // The peer reads it on its own thread.
        const auto script = [&](Peer& peer) {
          peer.read_head();
          if (peer.number % 2 == 1) {  // every other connection behaves
            peer.send(recording);
            return;
          }
          peer.send(std::string_view(recording).substr(0, offset));
          if (cut == Cut::fin) peer.cut();
          if (cut == Cut::close_notify) peer.finish();
          if (cut == Cut::reset) peer.reset();
        };
        const auto server = tls ? std::make_unique<TestServer>(ServerTls{server_for(host)}, script)
                                : std::make_unique<TestServer>(script);
        Client client(tls ? settings_for(host, server->port()) : plain_settings(server->port()));
        // Under TLS a third of the offsets, another third for every recording, keeps this quick.
        const std::size_t step = tls ? 3 : 1;
        for (offset = tls ? cuts % 3 : 0; offset < recording.size(); offset += step) {
          CAPTURE(tls, static_cast<int>(cut), offset.load(), recording);
          const auto broken = client.get();
          REQUIRE_FALSE(broken.has_value());
          CHECK(broken.error().code == Errc::transient);
          CHECK_FALSE(leaks(broken.error().message));
          const auto whole = client.get();
          CAPTURE(whole ? "" : whole.error().message);
          REQUIRE(whole.has_value());
          CHECK(whole->body.size() == 66);
          client.transport->close_idle();
          ++cuts;
        }
      }
    }
  }
  std::cout << "answers cut by FIN, close_notify or RST: " << cuts << '\n';
  CHECK(cuts > 2000);
}

TEST_CASE("an answer that stalls at any phase runs into its deadline") {
  int stalls = 0;
  const std::string recording = recordings()[1];
  for (const std::size_t offset :
       {std::size_t{0}, std::size_t{1}, std::size_t{10}, recording.find("\r\n\r\n") + 2,
        recording.find("\r\n\r\n") + 4, recording.find("\r\n\r\n") + 7, recording.size() - 1}) {
    TestServer server({server_for(host)}, [&](Peer& peer) {
      peer.read_head();
      peer.send(recording.substr(0, offset));
      peer.wait_for_close();
    });
    HttpSettings settings = settings_for(host, server.port());
    short_deadlines(settings);
    Client client(std::move(settings));
    CAPTURE(offset);

    const auto began = Clock::now();
    const auto answer = client.get();

    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::transient);
    CHECK(answer.error().message.find("no progress") != std::string::npos);
    CHECK(Clock::now() - began < 5s);
    ++stalls;
  }
  std::cout << "stalled answers: " << stalls << '\n';
}

TEST_CASE("a peer that accepts and then keeps silent runs into the handshake deadline") {
  TestServer server([](Peer& peer) { peer.wait_for_close(); });
  HttpSettings settings = settings_for(host, server.port());
  short_deadlines(settings);
  Client client(std::move(settings));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::transient);
  CHECK(answer.error().message.find("handshake") != std::string::npos);
  client.transport.reset();
  server.drain();
  CHECK_FALSE(leaks(server.received()));
}

TEST_CASE("a trickle below the least rate is stopped, and so is one that outlasts the exchange") {
  const bool slow_head = GENERATE(false, true);
  TestServer server([&](Peer& peer) {
    peer.read_head();
    if (!slow_head) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    const std::string header = "HTTP/1.1 200 OK\r\nX-Slow: " + std::string(4000, 'x');
    for (const char c : header) {
      if (!peer.send({&c, 1})) return;
      std::this_thread::sleep_for(2ms);  // the peer's slowness is the matter of the test
    }
  });
  HttpSettings settings = plain_settings(server.port());
  short_deadlines(settings);
  Client client(std::move(settings));
  const auto began = Clock::now();
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::transient);
  CHECK(Clock::now() - began < 3s);
}

TEST_CASE("http_client_timeout bounds the whole exchange and is named") {
  TestServer server([](Peer& peer) { peer.wait_for_close(); });
  HttpSettings settings = plain_settings(server.port());
  settings.deadlines.exchange = 100ms;
  Client client(std::move(settings));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("http_client_timeout of 0.1 s") != std::string::npos);
}

TEST_CASE("time the reader holds a piece is not held against the server") {
  std::string body(300000, 'x');
  TestServer server([&](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer(body));
  });
  HttpSettings settings = plain_settings(server.port());
  short_deadlines(settings, 200ms);
  settings.deadlines.exchange = 200ms;
  Client client(std::move(settings));
  std::size_t total = 0;
  std::optional<Error> failed;
  const auto slow_reader = [](Transport& transport, std::size_t& size,
                              std::optional<Error>& error) -> boost::asio::awaitable<void> {
    Request request{std::string(me), {}};
    auto exchange = co_await transport.send(std::move(request));
    if (!exchange) {
      error = exchange.error();
      co_return;
    }
    while (true) {
      const auto piece = co_await (*exchange)->read();
      if (!piece) error = piece.error();
      if (!piece || piece->empty()) co_return;
      size += piece->size();
      std::this_thread::sleep_for(80ms);  // the loop stands still: a host that does not poll
    }
  };
  boost::asio::co_spawn(client.loop, slow_reader(*client.transport, total, failed),
                        boost::asio::detached);
  client.loop.run();
  CAPTURE(failed ? failed->message : "");
  CHECK(total == body.size());
}

TEST_CASE("a body that ends with the connection is whole only after close_notify") {
  TestServer server({server_for(host)}, [](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n{\"data\":[]}");
    peer.cut();
  });
  Client client(settings_for(host, server.port()));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("close_notify") != std::string::npos);
}

TEST_CASE("a kept connection that died is replaced without the caller noticing, once") {
  const auto ending = GENERATE(Cut::fin, Cut::close_notify, Cut::reset);
  TestServer server({server_for(host)}, [&](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
    if (peer.number % 2 == 1) return;  // this one stays
    peer.read_head();                  // dies only when the next request is here
    if (ending == Cut::fin) peer.cut();
    if (ending == Cut::close_notify) peer.finish();
    if (ending == Cut::reset) peer.reset();
  });
  Client client(settings_for(host, server.port()));
  REQUIRE(client.get().has_value());

  const auto answer = client.get();

  REQUIRE(answer.has_value());
  CHECK(server.connections() == 2);
  CHECK(client.transport->counts().stale == 1);
}

TEST_CASE("a kept connection the server closed meanwhile is not even tried") {
  TestServer server({server_for(host)}, [](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
    peer.finish();
  });
  Client client(settings_for(host, server.port()));
  REQUIRE(client.get().has_value());
  server.await_scripts(1);
  REQUIRE(client.get().has_value());
  CHECK(client.transport->counts().stale == 0);
  CHECK(server.connections() == 2);
}

TEST_CASE("an old kept connection is not used") {
  TestServer server([](Peer& peer) {
    while (!peer.read_head().empty()) peer.send(ok_answer("{}"));
  });
  HttpSettings settings = plain_settings(server.port());
  settings.idle_timeout = 0ms;
  Client client(std::move(settings));
  REQUIRE(client.get().has_value());
  std::this_thread::sleep_for(1ms);
  REQUIRE(client.get().has_value());
  CHECK(server.connections() == 2);
}

TEST_CASE("a redirect is handed up as it is and never followed") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  TestServer elsewhere([](Peer& peer) { peer.read_head(); });
  TestServer server([&](Peer& peer) {
    peer.read_head();
    peer.send(
        fmt::format("HTTP/1.1 {} Moved\r\nLocation: http://127.0.0.1:{}/v1/organizations/me\r\n"
                    "Content-Length: 0\r\n\r\n",
                    status, elsewhere.port()));
  });
  Client client(plain_settings(server.port()));
  const auto answer = client.get();
  REQUIRE(answer.has_value());
  CHECK(answer->head.status == status);
  CHECK(elsewhere.connections() == 0);
  CHECK(server.connections() == 1);
}

TEST_CASE("every status comes through with headers and body") {
  int statuses = 0;
  TestServer server([&](Peer& peer) {
    while (!peer.read_head().empty()) {
      peer.send(fmt::format("HTTP/1.1 {} x\r\nrequest-id: r{}\r\nContent-Length: 2\r\n\r\n{{}}",
                            statuses, statuses));
    }
  });
  Client client(plain_settings(server.port()));
  for (statuses = 200; statuses < 600; ++statuses) {
    if (statuses == 204 || statuses == 304) continue;  // these have no body
    const auto answer = client.get();
    REQUIRE(answer.has_value());
    CHECK(answer->head.status == statuses);
    CHECK(answer->head.find("Request-Id") == "r" + std::to_string(statuses));
    CHECK(answer->body == "{}");
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a gzip bomb stops at the cap with little memory and the connection is dropped") {
  const std::string bomb = gzip(std::string(64 << 20, '\0'));
  TestServer server([&](Peer& peer) {
    peer.read_head();
    peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                          bomb.size()));
    peer.send(bomb);
  });
  HttpSettings settings = plain_settings(server.port());
  settings.body.decoded = 1 << 20;
  Client client(std::move(settings));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::too_much);
  CHECK(answer.error().message.find("exceeds 1048576 octets") != std::string::npos);
}

TEST_CASE("nobody listening and a broken address are errors within the connect deadline") {
  std::uint16_t port = 0;
  {
    TestServer gone([](Peer&) {});
    port = gone.port();
  }
  Client client(plain_settings(port));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::transient);
  CHECK(answer.error().message.find("refused") != std::string::npos);

  TestServer server([](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  HttpSettings settings = plain_settings(server.port());
  settings.addresses = {"::1", "127.0.0.2", "127.0.0.1"};  // only the last one answers
  Client second(std::move(settings));
  CHECK(second.get().has_value());
}

TEST_CASE("a target or header that is not allowed never opens a connection") {
  TestServer server([](Peer&) {});
  Client client(plain_settings(server.port()));
  CHECK(client.get("/v1/messages").error().code == Errc::configuration);
  CHECK(client.get(std::string(me) + "\r\nX: y").error().code == Errc::configuration);
  CHECK(server.connections() == 0);
  CHECK(client.get(std::string(me), {{"anthropic-beta", "a\r\nx-api-key: b"}}).error().code ==
        Errc::configuration);
  client.transport.reset();
  server.drain();
  CHECK(server.received().empty());
}

}  // namespace anthropic_metrics::net::test
