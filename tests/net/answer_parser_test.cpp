// SPDX-License-Identifier: Apache-2.0
// The parser alone, on answers that arrive in any pieces.
#include "net/answer_parser.hpp"

#include <catch2/catch_test_macros.hpp>

#include "recordings.hpp"

namespace anthropic_metrics::net::test {
namespace {

struct Read {
  int status = 0;
  std::string body;
  std::string rest;  ///< What the answer left of the wire.
  bool keep_alive = false;
};

/// Offers `wire` cut at `cuts`; nothing if it ends before the answer does.
Result<std::optional<Read>> read(std::string_view wire, const std::vector<std::size_t>& cuts) {
  AnswerParser parser(16 * 1024);
  std::string received;
  std::size_t offered = 0;
  const auto more = [&] {
    if (offered == wire.size()) return false;
    std::size_t end = wire.size();
    for (const std::size_t cut : cuts) {
      if (cut > offered && cut < end) end = cut;
    }
    received += wire.substr(offered, end - offered);
    offered = end;
    return true;
  };
  Read out;
  while (true) {
    const auto head = parser.head(received);
    if (!head) return head.error();
    received.erase(0, head->used);
    if (head->done) break;
    if (!more()) return std::optional<Read>();
  }
  out.status = parser.take_head().status;
  while (true) {
    const auto body = parser.body(received);
    if (!body) return body.error();
    out.body += body->piece;
    const bool moved = body->used > 0;
    received.erase(0, body->used);
    if (body->done) break;
    if (!moved && !more()) return std::optional<Read>();
  }
  out.rest = received;
  out.keep_alive = parser.keep_alive();
  return std::optional<Read>(std::move(out));
}

std::vector<std::size_t> every_octet(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

}  // namespace

TEST_CASE("an empty answer in chunks is whole wherever it is cut") {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  int read_in_pieces = 0;
  for (const std::string& end :
       {std::string("0\r\n\r\n"), std::string("000\r\n\r\n"), std::string("0;x=y\r\n\r\n"),
        std::string("0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n")}) {
    const std::string wire = head + end;
    std::vector<std::vector<std::size_t>> cuttings{{}, every_octet(wire.size())};
    for (std::size_t first = 1; first < wire.size(); ++first) {
      for (std::size_t second = first; second < wire.size(); ++second)
        cuttings.push_back({first, second});
    }
    for (const auto& cuts : cuttings) {
      CAPTURE(end, cuts);
      const auto answer = read(wire, cuts);
      REQUIRE(answer.has_value());
      REQUIRE(answer->has_value());
      CHECK((*answer)->body.empty());
      CHECK((*answer)->keep_alive);
      ++read_in_pieces;
    }
  }
  CHECK(read_in_pieces > 6000);
}

TEST_CASE(
    "an answer is the same in whatever pieces, takes no octet behind it, and needs all of its "
    "own") {
  for (const std::string& wire : recordings()) {
    const auto whole = read(wire, {});
    REQUIRE(whole.has_value());
    REQUIRE(whole->has_value());
    CHECK((*whole)->rest.empty());
    for (std::size_t cut = 1; cut < wire.size(); ++cut) {
      CAPTURE(cut);
      const auto pieces = read(wire, {cut});
      REQUIRE(pieces.has_value());
      CHECK((*pieces)->body == (*whole)->body);
      const auto half = read(std::string_view(wire).substr(0, cut), {});
      REQUIRE(half.has_value());
      CHECK_FALSE(half->has_value());
    }
    const auto behind = read(wire + "HTTP/1.1 200 OK", every_octet(wire.size()));
    REQUIRE(behind.has_value());
    CHECK((*behind)->body == (*whole)->body);
  }
}

TEST_CASE("what is no HTTP is told at its first octets") {
  for (const std::string_view wire :
       {"SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail", "<html>", "\x15\x03\x03"}) {
    const auto answer = read(wire, every_octet(wire.size()));
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().message.find("is not proper HTTP") != std::string::npos);
  }
}

}  // namespace anthropic_metrics::net::test
