// SPDX-License-Identifier: Apache-2.0
// The transport on a good day: TLS, headers, keep-alive, gzip, streaming.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "client.hpp"
#include "gzip.hpp"

namespace anthropic_metrics::net::test {
namespace {

void answer_all(Peer& peer, const std::string& answer) {
  while (!peer.read_head().empty()) peer.send(answer);
}

}  // namespace

TEST_CASE("a verified TLS server gets the key in its header and its answer is read whole") {
  TestServer server({server_for("api.example.test")},
                    [](Peer& peer) { answer_all(peer, ok_answer("{\"id\":\"org\"}")); });
  Client client(settings_for("api.example.test", server.port()));

  const auto answer = client.get(std::string(me), {{"anthropic-version", "2023-06-01"}});

  REQUIRE(answer.has_value());
  CHECK(answer->head.status == 200);
  CHECK(answer->head.find("content-type") == "application/json");
  CHECK(answer->body == "{\"id\":\"org\"}");
  const std::string seen = server.received();
  CHECK(seen.find("GET /v1/organizations/me HTTP/1.1\r\n") == 0);
  CHECK(seen.find("Host: api.example.test:" + std::to_string(server.port()) + "\r\n") !=
        std::string::npos);
  CHECK(seen.find("anthropic-version: 2023-06-01\r\n") != std::string::npos);
  CHECK(seen.find("x-api-key: " + std::string(canary) + "\r\n") != std::string::npos);
}

TEST_CASE("one connection serves many requests") {
  TestServer server({server_for("api.example.test")},
                    [](Peer& peer) { answer_all(peer, ok_answer("{}")); });
  Client client(settings_for("api.example.test", server.port()));

  for (int i = 0; i < 20; ++i) REQUIRE(client.get().has_value());

  CHECK(server.connections() == 1);
  CHECK(client.transport->counts().reused == 19);
}

TEST_CASE("a gzip body is inflated while it streams, whatever the pieces it arrives in") {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "{\"row\":" + std::to_string(i * 7919) + "}\n";
  const std::string packed = gzip(text);
  const std::size_t piece = GENERATE(1u, 2u, 3u, 7u, 1000u, 4096u, 65537u, 1000000u);
  // Whole bodies octet by octet take long under a sanitizer; the first kilobytes suffice.
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                             std::to_string(packed.size()) + "\r\n\r\n" + packed;
  TestServer server({server_for("api.example.test")}, [&](Peer& peer) {
    peer.read_head();
    const std::size_t slow = piece < 8 ? std::min<std::size_t>(answer.size(), 3000) : answer.size();
    peer.send_in_pieces(answer.substr(0, slow), piece);
    peer.send(answer.substr(slow));
  });
  Client client(settings_for("api.example.test", server.port()));

  const auto result = client.get();

  REQUIRE(result.has_value());
  CHECK(result->body == text);
  CHECK(result->largest_piece <= 64 * 1024);
}

}  // namespace anthropic_metrics::net::test
