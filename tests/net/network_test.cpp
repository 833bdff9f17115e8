// SPDX-License-Identifier: Apache-2.0
// Proxies, name lookup and connecting.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <iostream>

#include "client.hpp"
#include "obstacles.hpp"

namespace anthropic_metrics::net::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;
const std::string host = "api.example.test";

asio::ip::tcp::endpoint loopback(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
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

}  // namespace anthropic_metrics::net::test
