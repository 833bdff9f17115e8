// SPDX-License-Identifier: Apache-2.0
// Proxies, name lookup, cancellation and teardown.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <iostream>

#include "client.hpp"
#include "gzip.hpp"

namespace anthropic_metrics::http::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;
const std::string host = "api.example.test";

HttpSettings proxied(std::uint16_t proxy_port, const std::string& user = "") {
  HttpSettings settings = settings_for(host, 443);
  settings.addresses.clear();
  settings.proxy = parse_proxy(fmt::format("http://{}127.0.0.1:{}", user, proxy_port)).value();
  return settings;
}

asio::ip::tcp::endpoint loopback(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

/// A listener whose queue is full: connecting to it neither succeeds nor fails.
class FullListener {
 public:
  explicit FullListener(std::uint32_t address = INADDR_LOOPBACK, std::uint16_t port = 0) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(address);
    address_.sin_port = htons(port);
    socklen_t size = sizeof address_;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::listen(listener_, 0) == 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    for (int& fd : fillers_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      (void)::connect(fd, reinterpret_cast<sockaddr*>(&address_), size);
    }
  }
  ~FullListener() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  sockaddr_in address_{};
  int listener_ = -1;
  int fillers_[4] = {};
};

/// Sends and forgets: for requests that never end.
void launch(Client& client, std::optional<Error>& failed) {
  asio::co_spawn(client.loop, fetch(*client.transport, Request{std::string(me), {}}),
                 [&](std::exception_ptr, Result<Answer> answer) {
                   if (!answer) failed = answer.error();
                 });
}

}  // namespace

TEST_CASE("through a proxy the name is verified as ever and the key stays inside TLS") {
  const std::string established =
      GENERATE("HTTP/1.1 200 Connection established\r\nX-Proxy: y\r\n\r\n"s,
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"s,
               "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 102\r\n\r\nHTTP/1.0 200\r\n\r\n"s,
               "HTTP/1.1 200 OK\nContent-Length: 0\n\n"s,
               "HTTP/1.1 204 Yes\r\nTransfer-Encoding: chunked\r\n\r\n"s);
  const std::size_t piece = GENERATE(1u, 1000u);
  CAPTURE(established, piece);
  TestServer proxy([&](Peer& peer) {
    peer.read_head();
    peer.send_in_pieces(established, piece);
    if (!peer.start_tls({server_for(host)})) return;
    while (!peer.read_head().empty()) peer.send(ok_answer("{\"via\":\"proxy\"}"));
  });
  Client client(proxied(proxy.port(), "user:pass@"));

  const auto answer = client.get();
  const auto again = client.get();

  CAPTURE(answer ? "" : answer.error().message);
  REQUIRE(answer.has_value());
  CHECK(answer->body == "{\"via\":\"proxy\"}");
  REQUIRE(again.has_value());
  CHECK(proxy.connections() == 1);
  const std::string seen = proxy.received();
  const std::string connect = seen.substr(0, seen.find("\r\n\r\n") + 4);
  CHECK(connect ==
        "CONNECT api.example.test:443 HTTP/1.1\r\nHost: api.example.test:443\r\n"
        "User-Agent: anthropic_metrics\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
  const std::string inside = seen.substr(connect.size());
  CHECK(inside.find("roxy-") == std::string::npos);
  CHECK(inside.find("x-api-key: " + std::string(canary)) != std::string::npos);
  CHECK(client.transport->proxy() == fmt::format("http://***@127.0.0.1:{}", proxy.port()));
}

TEST_CASE("a proxy that refuses, lies, stalls or breaks never sees the key") {
  struct Case {
    std::string name, answer;
    Errc code;
    std::string says;
    bool stall = false;
  };
  const Case cases[] = {
      {"407", "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\n", Errc::configuration, "407"},
      {"403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope", Errc::configuration,
       "403"},
      {"502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", Errc::transient, "502"},
      {"504", "HTTP/1.0 504 Gateway Timeout\r\n\r\n", Errc::transient, "504"},
      {"a redirect", "HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n\r\n",
       Errc::transient, "302"},
      {"a login of another kind",
       "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
       Errc::configuration, "it offers Negotiate, NTLM"},
      {"nothing but 100", "HTTP/1.1 100 Continue\r\n\r\n", Errc::transient, "connection lost"},
      {"not HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n", Errc::transient,
       "(its first line): \"SSH-2.0-OpenSSH_9\""},
      {"extra octets", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Errc::transient,
       "more than its answer"},
      {"one extra octet", "HTTP/1.1 200 OK\r\n\r\n\x16", Errc::transient, "more than its answer"},
      {"truncated", "HTTP/1.1 200 OK\r\nX: y\r\n", Errc::transient, "connection lost"},
      {"half a status line", "HTTP/1.", Errc::transient, "connection lost"},
      {"nothing", "", Errc::transient, "connection lost"},
      {"an endless header", "HTTP/1.1 200 OK\r\nX: " + std::string(40000, 'x'), Errc::transient,
       "exceeds 16384"},
      {"a stall", "HTTP/1.1 200 OK\r\n", Errc::transient, "no progress", true},
      {"silence", "", Errc::transient, "no progress", true},
      {"a tunnel to plain HTTP", "HTTP/1.1 200 OK\r\n\r\n", Errc::transient, "TLS"},
  };
  int refused = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    TestServer proxy([&](Peer& peer) {
      peer.read_head();
      peer.send(c.answer);
      if (c.stall) return void(peer.wait_for_close());
      peer.finish();
    });
    HttpSettings settings = proxied(proxy.port(), "user:hunter2@");
    settings.deadlines.connect = 200ms;
    Client client(std::move(settings));

    const auto answer = client.get();

    REQUIRE_FALSE(answer.has_value());
    CAPTURE(answer.error().message);
    CHECK(answer.error().code == c.code);
    CHECK(answer.error().message.find(c.says) != std::string::npos);
    CHECK(answer.error().message.find("hunter2") == std::string::npos);
    CHECK(answer.error().message.find("aHVudGVyMg") == std::string::npos);
    client.transport.reset();
    proxy.drain();
    CHECK_FALSE(leaks(proxy.received()));
    CHECK(proxy.received().find("GET ") == std::string::npos);
    ++refused;
  }
  std::cout << "proxy faults: " << refused << '\n';
}

TEST_CASE("a proxy that terminates TLS with its own certificate gets no key") {
  CertificateSpec spec;
  spec.dns = {host};
  CertificateSpec ca;
  ca.authority = true;
  const Identity interceptor = issue(self_signed(ca), spec, true);
  const Identity another_name = server_for("proxy.test");
  for (const Identity& identity : {interceptor, another_name}) {
    TestServer proxy([&](Peer& peer) {
      peer.read_head();
      peer.send("HTTP/1.1 200 OK\r\n\r\n");
      if (peer.start_tls({identity})) peer.read_head();
    });
    Client client(proxied(proxy.port()));
    const auto answer = client.get();
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::configuration);
    client.transport.reset();
    proxy.drain();
    CHECK_FALSE(leaks(proxy.received()));
    CHECK(proxy.received().find("GET ") == std::string::npos);
  }
}

TEST_CASE("an address that neither accepts nor refuses costs the connect deadline") {
  const FullListener full;
  HttpSettings settings = plain_settings(full.port());
  settings.deadlines.connect = 50ms;
  Client client(std::move(settings));
  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::transient);
  CHECK(answer.error().message.find("connecting to 127.0.0.1") != std::string::npos);
}

TEST_CASE("an address that keeps silent does not hold up the next one") {
  TestServer server([](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  const FullListener full(0x7f000002, server.port());  // 127.0.0.2, same port
  HttpSettings settings = plain_settings(server.port());
  settings.addresses = {"127.0.0.2", "127.0.0.1"};
  Client client(std::move(settings));
  const auto began = Clock::now();
  CHECK(client.get().has_value());
  CHECK(Clock::now() - began < 2s);
}

TEST_CASE("a name that cannot be looked up is an error, looked up again next time") {
  int lookups = 0;
  TestServer server({server_for(host)}, [](Peer& peer) {
    while (!peer.read_head().empty()) peer.send(ok_answer("{}"));
  });
  HttpSettings settings = settings_for(host, server.port());
  settings.addresses.clear();
  TransportParts parts;
  asio::io_context* loop = nullptr;
  parts.lookup = [&](std::string name, std::uint16_t port, auto done) {
    CHECK(name == host);
    const int turn = ++lookups;
    asio::post(*loop, [=] {
      if (turn == 1) return done(asio::error::host_not_found, {});
      if (turn == 2) return done({}, {});  // no address at all
      done({}, {loopback(port)});
    });
  };
  Client client(std::move(settings), std::move(parts));
  loop = &client.loop;

  for (int i = 0; i < 2; ++i) {
    const auto answer = client.get();
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::transient);
    CHECK(answer.error().message.find("cannot be looked up") != std::string::npos);
  }
  CHECK(client.get().has_value());
  client.transport->close_idle();
  CHECK(client.get().has_value());  // the addresses are remembered
  CHECK(lookups == 3);
}

TEST_CASE("localhost is loopback without asking anybody, of the API and of a proxy") {
  int lookups = 0;
  const auto nobody = [&] {
    TransportParts parts;
    parts.lookup = [&](std::string, std::uint16_t, auto) { ++lookups; };  // never answers
    return parts;
  };
  TestServer server([](Peer& peer) {
    while (!peer.read_head().empty()) peer.send(ok_answer("{}"));
  });
  for (const char* name :
       {"localhost", "LOCALHOST", "localhost.", "api.localhost", "a.b.localhost."}) {
    CAPTURE(name);
    HttpSettings settings = plain_settings(server.port());
    settings.url = parse_url(fmt::format("http://{}:{}", name, server.port())).value();
    Client client(std::move(settings), nobody());
    const auto answer = client.get();
    CAPTURE(answer ? "" : answer.error().message);
    CHECK(answer.has_value());
  }
  TestServer proxy([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    if (!peer.start_tls({server_for(host)})) return;
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  HttpSettings settings = proxied(proxy.port());
  settings.proxy = parse_proxy(fmt::format("http://localhost:{}", proxy.port())).value();
  Client client(std::move(settings), nobody());
  CHECK(client.get().has_value());
  CHECK(lookups == 0);
}

TEST_CASE("addresses no API lives at are refused, whatever the name server says") {
  for (const char* text : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1",
                           "::", "ff02::1", "::ffff:169.254.169.254", "fd00:ec2::254"}) {
    CAPTURE(text);
    CHECK(is_refused_address(asio::ip::make_address(text)));
    HttpSettings settings = settings_for(host, 443);
    settings.addresses = {text};
    Client client(std::move(settings));
    const auto answer = client.get();
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::configuration);
  }
  for (const char* text :
       {"127.0.0.1", "10.0.0.1", "160.79.104.10", "2607:6bc0::10", "::1", "fd00::1"}) {
    CHECK_FALSE(is_refused_address(asio::ip::make_address(text)));
  }
  // http is for loopback: a name that leads elsewhere is not.
  HttpSettings settings = plain_settings(80);
  settings.addresses = {"192.0.2.1"};
  Client client(std::move(settings));
  CHECK(client.get().error().code == Errc::configuration);
}

TEST_CASE("a thousand addresses are cut to sixteen with families alternating") {
  Endpoints many;
  for (unsigned i = 0; i < 1000; ++i) {
    many.emplace_back(asio::ip::address_v4(0x0a000000u + i), 443);
    if (i % 3 == 0) many.emplace_back(asio::ip::make_address("2001:db8::1"), 443);
  }
  const Endpoints some = interleave(many);
  REQUIRE(some.size() == 16);
  for (std::size_t i = 0; i < 16; ++i) CHECK(some[i].address().is_v4() == (i % 2 == 0));
  CHECK(interleave({}).empty());
  CHECK(interleave({loopback(1)}).size() == 1);
}

TEST_CASE("a lookup that hangs is bounded by its deadline, and is shared when it comes back") {
  std::vector<std::function<void(boost::system::error_code, Endpoints)>> hanging;
  TestServer server({server_for(host)}, [](Peer& peer) {
    while (!peer.read_head().empty()) peer.send(ok_answer("{}"));
  });
  HttpSettings settings = settings_for(host, server.port());
  settings.addresses.clear();
  settings.deadlines.lookup = 30ms;
  TransportParts parts;
  parts.lookup = [&](std::string, std::uint16_t, auto done) { hanging.push_back(std::move(done)); };
  Client client(std::move(settings), std::move(parts));

  const auto answer = client.get();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("took too long") != std::string::npos);
  CHECK(client.transport->lookup_running());
  CHECK_FALSE(client.get().has_value());
  REQUIRE(hanging.size() == 1);  // the second request waited for the first one's lookup

  hanging[0]({}, {loopback(server.port())});
  CHECK_FALSE(client.transport->lookup_running());
  CHECK(client.get().has_value());
}

TEST_CASE("a lookup may come back after the transport and the loop are gone") {
  std::vector<std::function<void(boost::system::error_code, Endpoints)>> hanging;
  {
    HttpSettings settings = settings_for(host, 443);
    settings.addresses.clear();
    TransportParts parts;
    parts.lookup = [&](std::string, std::uint16_t, auto done) {
      hanging.push_back(std::move(done));
    };
    Client client(std::move(settings), std::move(parts));
    std::optional<Error> failed;
    launch(client, failed);
    client.loop.poll();
    client.transport.reset();
  }
  REQUIRE(hanging.size() == 1);
  hanging[0]({}, {loopback(1)});
}

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

}  // namespace anthropic_metrics::http::test
