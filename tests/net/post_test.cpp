// SPDX-License-Identifier: Apache-2.0
// Bodies that are sent: whole, packed or plain, and never twice unless that is harmless.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "client.hpp"
#include "gzip.hpp"
#include "inflated.hpp"
#include "net/request_bytes.hpp"

namespace anthropic_metrics::net::test {
namespace {

const std::string host = "api.example.test";

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{\"row\":" + std::to_string(i * 7919) + "}\n";
  return text;
}

Request post(std::string octets, std::string encoding = "", bool repeatable = false) {
  Request request{std::string(me), {}, {}};
  request.body =
      RequestBody{"application/x-ndjson", std::move(encoding), std::move(octets), repeatable};
  return request;
}

}  // namespace

TEST_CASE("a body is sent whole, with its length and its type") {
  const std::string text = lines(GENERATE(0u, 1u, 50'000u));
  std::string seen;
  TestServer server({server_for(host)}, [&](Peer& peer) {
    peer.read_head();
    seen = peer.read_body(text.size());
    peer.send(ok_answer("{}"));
  });
  Client client(settings_for(host, server.port()));

  REQUIRE(client.send(post(text)).has_value());

  CHECK(seen == text);
  const std::string all = server.received();
  CHECK(all.find("POST " + std::string(me) + " HTTP/1.1\r\n") == 0);
  CHECK(all.find("Content-Type: application/x-ndjson\r\n") != std::string::npos);
  CHECK(all.find("Content-Length: " + std::to_string(text.size()) + "\r\n") != std::string::npos);
  CHECK(all.find("Content-Encoding") == std::string::npos);
}

TEST_CASE(
    "a request may have another verb, and one that could carry a body says that it has none") {
  struct Case {
    std::string verb;
    std::string length;
  };
  const Case c = GENERATE(Case{"PUT", "Content-Length: 2"}, Case{"DELETE", "Content-Length: 0"},
                          Case{"POST", "Content-Length: 0"}, Case{"GET", ""});
  TestServer server({server_for(host)}, [](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  Client client(settings_for(host, server.port()));
  Request request = c.verb == "PUT" ? post("{}") : Request{std::string(me)};
  request.verb = c.verb;

  REQUIRE(client.send(std::move(request)).has_value());

  const std::string all = server.received();
  CHECK(all.find(c.verb + " " + std::string(me) + " HTTP/1.1\r\n") == 0);
  CHECK((all.find("Content-Length") != std::string::npos) == !c.length.empty());
  CHECK(all.find(c.length) != std::string::npos);
}

TEST_CASE("a verb that would end the request line is refused") {
  TestServer server({server_for(host)}, [](Peer&) {});
  Client client(settings_for(host, server.port()));
  Request request{std::string(me)};
  request.verb = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET";
  const auto sent = client.send(std::move(request));
  REQUIRE_FALSE(sent.has_value());
  CHECK(sent.error().message.find("no word of HTTP") != std::string::npos);
}

TEST_CASE("a packed body says so, and arrives as it was packed") {
  const std::string text = lines(GENERATE(0u, 3u, 20'000u));
  const std::string packed = gzip(text);
  std::string seen;
  TestServer server({server_for(host)}, [&](Peer& peer) {
    peer.read_head();
    seen = peer.read_body(packed.size());
    peer.send(ok_answer("{}"));
  });
  Client client(settings_for(host, server.port()));

  REQUIRE(client.send(post(packed, "gzip")).has_value());

  CHECK(anthropic_metrics::test::inflated(seen) == text);
  CHECK(server.received().find("Content-Encoding: gzip\r\n") != std::string::npos);
}

TEST_CASE("on a kept connection that died a body goes out again only if that is harmless") {
  const bool repeatable = GENERATE(true, false);
  TestServer server({server_for(host)}, [](Peer& peer) {
    if (peer.read_head().empty()) return;
    peer.send(ok_answer("{}"));
    if (peer.number == 0) {
      peer.read_head();  // The second request is read, and then the connection is lost.
      peer.reset();
    }
  });
  Client client(settings_for(host, server.port()));
  REQUIRE(client.get().has_value());

  const auto answer = client.send(post("{}\n", "", repeatable));

  CHECK(answer.has_value() == repeatable);
  if (!repeatable) CHECK(answer.error().code == Errc::transient);
  CHECK(server.connections() == (repeatable ? 2 : 1));
}

TEST_CASE("a body's type and encoding cannot smuggle a header") {
  TestServer server({server_for(host)}, [](Peer& peer) { peer.read_head(); });
  Client client(settings_for(host, server.port()));
  Request request = post("{}");
  request.body->type = "text/plain\r\nX-Evil: 1";
  CHECK(client.send(request).error().code == Errc::configuration);
  request.body->type = "";
  CHECK(client.send(request).error().code == Errc::configuration);
  request.body->type = "text/plain";
  request.body->encoding = "gzip\r\nX-Evil: 1";
  CHECK(client.send(request).error().code == Errc::configuration);
  request.body->encoding = "";
  request.headers = {{"Content-Type", "text/html"}};
  CHECK(client.send(request).error().code == Errc::configuration);
}

TEST_CASE("nobody's credential is needed where nobody asks for one") {
  struct Open final : Authorizer {
    Result<Authorization> authorization(std::string_view) override { return Authorization{}; }
    std::string scrub(std::string_view text) const override { return std::string(text); }
  };
  const auto bytes = serialise(
      Request{"/x", {}, {}},
      [] {
        HttpSettings settings = plain_settings(80);
        settings.allows = [](std::string_view path) { return path == "/x"; };
        return settings;
      }(),
      *Open().authorization(""));
  REQUIRE(bytes.has_value());
  bytes->expose([](std::string_view octets) {
    CHECK(octets.find("uthorization") == std::string_view::npos);
    CHECK(octets.substr(octets.size() - 4) == "\r\n\r\n");
  });
}

}  // namespace anthropic_metrics::net::test
