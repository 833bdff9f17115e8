// SPDX-License-Identifier: Apache-2.0
// The transport on bad days: cuts at every octet, stalls, framing, limits, dead kept connections,
// cancellation. After each: an error that says so, and the next request works.
#include <fmt/format.h>

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

namespace anthropic_metrics::http::test {
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
        std::size_t offset = 0;
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
          CAPTURE(tls, static_cast<int>(cut), offset, recording);
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

TEST_CASE("malformed framing is an error, never a short answer") {
  struct Case {
    std::string name, answer;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunks = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Case cases[] = {
      {"not HTTP", "hello\r\n\r\n"},
      {"HTTP/2", "HTTP/2 200 OK\r\n\r\n"},
      {"HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n"},
      {"a two-digit status", "HTTP/1.1 20 OK\r\n\r\n"},
      {"a status with letters", "HTTP/1.1 2x0 OK\r\n\r\n"},
      {"no status", "HTTP/1.1\r\n\r\n"},
      {"a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
      {"a header without colon", ok + "Content-Length 2\r\n\r\n{}"},
      {"a blank before the colon", ok + "Content-Length : 2\r\n\r\n{}"},
      {"a header without a name", ok + ": 2\r\n\r\n{}"},
      {"a NUL in a header", ok + std::string("X: a\0b\r\n\r\n", 10)},
      {"a length that is no number", ok + "Content-Length: two\r\n\r\n{}"},
      {"a negative length", ok + "Content-Length: -2\r\n\r\n{}"},
      {"a length that overflows", ok + "Content-Length: 18446744073709551616\r\n\r\n{}"},
      {"a signed length", ok + "Content-Length: +2\r\n\r\n{}"},
      {"two lengths that differ", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}"},
      {"a list of lengths that differ", ok + "Content-Length: 2, 3\r\n\r\n{}}"},
      {"a length besides chunks",
       ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {"chunks besides a length",
       ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {"a chunk size that overflows", chunks + "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"},
      {"a chunk size that is no number", chunks + "zz\r\n{}\r\n0\r\n\r\n"},
      {"a negative chunk size", chunks + "-2\r\n{}\r\n0\r\n\r\n"},
      {"an empty chunk size", chunks + "\r\n{}\r\n0\r\n\r\n"},
      {"a chunk longer than its size", chunks + "1\r\n{}\r\n0\r\n\r\n"},
      {"a chunk without its CRLF", chunks + "2\r\n{}0\r\n\r\n"},
      {"a trailer without colon", chunks + "2\r\n{}\r\n0\r\nbad\r\n\r\n"},
      {"the last chunk missing", chunks + "2\r\n{}\r\n"},
      {"the last blank line missing", chunks + "2\r\n{}\r\n0\r\n"},
      {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"},
      {"endless 1xx",
       [] {
         std::string text;
         for (int i = 0; i < 100; ++i) text += "HTTP/1.1 103 Early Hints\r\n\r\n";
         return text;
       }()},
      {"a header over 16 KB",
       ok + "X: " + std::string(17000, 'x') + "\r\nContent-Length: 0\r\n\r\n"},
      {"headers over 16 KB together",
       [&] {
         std::string text = ok;
         for (int i = 0; i < 2000; ++i) text += fmt::format("X-{}: y\r\n", i);
         return text + "Content-Length: 0\r\n\r\n";
       }()},
      {"an endless status line", "HTTP/1.1 200 " + std::string(200000, 'x')},
      {"1xx that together exceed 16 KB",
       [] {
         std::string text;
         for (int i = 0; i < 4; ++i)
           text += "HTTP/1.1 103 Hint\r\nX: " + std::string(6000, 'x') + "\r\n\r\n";
         return text + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
       }()},
      {"a chunk extension bomb",
       [&] {
         std::string text = chunks;
         for (int i = 0; i < 200; ++i) text += "1;x=" + std::string(15000, 'x') + "\r\na\r\n";
         return text + "0\r\n\r\n";
       }()},
      {"an endless chunk extension", chunks + "1;" + std::string(300000, 'x')},
      {"an endless trailer", chunks + "1\r\na\r\n0\r\nX: " + std::string(300000, 'x')},
      {"gzip that is none", ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"},
      {"gzip that ends early",
       [&] {
         const std::string packed = gzip("{\"data\":[]}");
         return ok +
                fmt::format("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                            packed.size() - 8) +
                packed.substr(0, packed.size() - 8);
       }()},
      {"gzip followed by more",
       [&] {
         const std::string packed = gzip("{\"data\":[]}") + "more";
         return ok +
                fmt::format("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.size()) +
                packed;
       }()},
      {"a coding we did not ask for", ok + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"},
      {"two codings", ok + "Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}"},
  };
  int refused = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    TestServer server([&](Peer& peer) {
      peer.read_head();
      peer.send(peer.number == 0 ? c.answer : ok_answer("{}"));
      peer.finish();
    });
    Client client(plain_settings(server.port()));

    const auto answer = client.get();

    REQUIRE_FALSE(answer.has_value());
    CAPTURE(answer.error().message);
    CHECK(answer.error().code == Errc::transient);
    CHECK(answer.error().message.size() < 400);
    const auto next = client.get();
    CAPTURE(next ? "" : next.error().message);
    CHECK(next.has_value());
    ++refused;
  }
  std::cout << "malformed answers refused: " << refused << '\n';
}

TEST_CASE("unusual but proper framing is read whole") {
  struct Case {
    std::string name, answer, body;
    bool reusable;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const Case cases[] = {
      {"empty", ok + "Content-Length: 0\r\n\r\n", "", true},
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", "", true},
      {"chunks with extensions and a trailer",
       ok + "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n01\r\n}\r\n0\r\nX-Sum: 1\r\n\r\n",
       "{}", true},
      {"interim answers first",
       "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok_answer("{}"),
       "{}", true},
      {"no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", "{}", true},
      {"Connection: close", ok + "Connection: close\r\nContent-Length: 2\r\n\r\n{}", "{}", false},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", false},
      {"an empty gzip body", ok + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", "", true},
      {"until close, after close_notify", ok + "\r\n{\"a\":1}", "{\"a\":1}", false},
      {"more octets than the answer",
       ok_answer("{}") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "{}", false},
  };
  for (const Case& c : cases) {
    for (const bool tls : {false, true}) {
      CAPTURE(c.name, tls);
      const auto script = [&](Peer& peer) {
        while (!peer.read_head().empty()) {
          peer.send(c.answer);
          if (!c.reusable) return peer.finish();
        }
      };
      const auto server = tls ? std::make_unique<TestServer>(ServerTls{server_for(host)}, script)
                              : std::make_unique<TestServer>(script);
      Client client(tls ? settings_for(host, server->port()) : plain_settings(server->port()));
      for (int i = 0; i < 2; ++i) {
        const auto answer = client.get();
        CAPTURE(answer ? "" : answer.error().message);
        REQUIRE(answer.has_value());
        CHECK(answer->body == c.body);
      }
      CHECK(server->connections() == (c.reusable ? 1 : 2));
    }
  }
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

TEST_CASE("a gzip bomb stops at its ratio with little memory and the connection is dropped") {
  const std::string bomb = gzip(std::string(256 << 20, '\0'));
  TestServer server([&](Peer& peer) {
    peer.read_head();
    peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                          bomb.size()));
    peer.send(bomb);
  });
  Client client(plain_settings(server.port()));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("200:1") != std::string::npos);
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

}  // namespace anthropic_metrics::http::test
