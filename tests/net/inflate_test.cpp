// SPDX-License-Identifier: Apache-2.0
#include "net/inflate.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "gzip.hpp"

namespace anthropic_metrics::net::test {
namespace {

struct Decoded {
  std::string text;
  std::size_t most = 0;  // decoded octets when it ended
};

Result<Decoded> decode(std::string_view wire, std::size_t piece, std::size_t room = 4096,
                       const BodyLimits& limits = {},
                       ContentEncoding coding = ContentEncoding::gzip) {
  auto decoder = BodyDecoder::make(coding, limits);
  if (!decoder) return decoder.error();
  std::vector<char> out(room);
  Decoded decoded;
  do {
    decoder->feed(wire.substr(0, piece));
    wire.remove_prefix(std::min(piece, wire.size()));
    while (true) {
      const auto next = decoder->next(out);
      if (!next) return next.error();
      if (next->empty()) break;
      decoded.text += *next;
    }
  } while (!wire.empty());
  if (auto ok = decoder->finish(); !ok) return ok.error();
  return decoded;
}

}  // namespace

TEST_CASE("gzip decodes to the same text for every piece size and every room") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i * 104729) + ",";
  const std::string wire = gzip(text);
  for (std::size_t piece = 1; piece < 70; ++piece) {
    for (const std::size_t room : {1u, 7u, 4096u}) {
      const auto decoded = decode(wire, piece, room);
      REQUIRE(decoded.has_value());
      REQUIRE(decoded->text == text);
    }
  }
  CHECK(decode(gzip(""), 3)->text.empty());
  CHECK(decode("", 3)->text.empty());
  CHECK(decode(gzip("one") + gzip("two"), 1)->text == "onetwo");
  CHECK(decode("plain", 2, 1, {}, ContentEncoding::identity)->text == "plain");
  CHECK_FALSE(BodyDecoder::make(ContentEncoding::unknown, {}).has_value());
}

TEST_CASE("gzip cut at any octet, or with any octet of its frame flipped, is an error") {
  const std::string wire = gzip("{\"data\":[1,2,3],\"has_more\":false}");
  int cut = 0;
  for (std::size_t size = 1; size < wire.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(wire.substr(0, size), 5).has_value());
    ++cut;
  }
  for (std::size_t i = wire.size() - 8; i < wire.size(); ++i) {  // checksum and length
    std::string damaged = wire;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(decode(damaged, 5).has_value());
  }
  CHECK_FALSE(decode(wire + "trailing", 5).has_value());
  CHECK_FALSE(decode("not gzip at all", 5).has_value());
  CHECK(cut == static_cast<int>(wire.size()) - 1);
}

TEST_CASE("octets of zero may follow gzip, and further members, wherever they are cut") {
  const std::string nothing(1500, '\0');
  const std::string one = gzip("{\"data\":[],"), two = gzip("\"has_more\":false}");
  const std::string whole = "{\"data\":[],\"has_more\":false}";
  struct Case {
    std::string wire, text;
  };
  const Case cases[] = {
      {gzip(whole) + nothing, whole},          {gzip(whole) + '\0', whole},  {one + two, whole},
      {one + gzip("") + two + nothing, whole}, {one + nothing + two, whole},
  };
  for (const Case& c : cases) {
    for (std::size_t piece = 1; piece < 90; ++piece) {
      CAPTURE(c.wire.size(), piece);
      const auto decoded = decode(c.wire, piece, piece % 2 == 0 ? 1 : 4096);
      REQUIRE(decoded.has_value());
      REQUIRE(decoded->text == c.text);
    }
  }
  const auto odd = decode(gzip(whole) + nothing + "<html>", 7);
  REQUIRE_FALSE(odd.has_value());
  CHECK(odd.error().message.find("no gzip") != std::string::npos);
  CHECK_FALSE(decode(nothing, 7).has_value());  // there is no member at all
  CHECK_FALSE(decode(one + two.substr(0, two.size() - 1), 7).has_value());
}

TEST_CASE(
    "a long answer in pieces of any size is what it was, and damaged anywhere it is an error") {
  std::mt19937 random(Catch::getSeed());
  std::string text;
  // Beyond the window; with matches near and far, and stretches that do not pack.
  while (text.size() < (300 << 10)) {
    if (random() % 8 == 0)
      for (int i = 0; i < 3000; ++i) text += static_cast<char>(random());
    else
      text += "{\"input_tokens\":" + std::to_string(random()) + ",\"model\":\"claude\"},";
    if (text.size() > 40000 && random() % 16 == 0)
      text += text.substr(text.size() - 1 - random() % 40000, 5000);
  }
  const std::string wire = gzip(text);
  for (int round = 0; round < 60; ++round) {
    const std::size_t piece = 1 + random() % (round % 2 == 0 ? 300 : 30000);
    const std::size_t room = 1 + random() % (round % 3 == 0 ? 300 : 70000);
    CAPTURE(piece, room);
    const auto decoded = decode(wire, piece, room);
    REQUIRE(decoded.has_value());
    REQUIRE(decoded->text == text);
    std::string damaged = wire;
    const std::size_t at = 10 + random() % (wire.size() - 10);
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    CAPTURE(at);
    REQUIRE_FALSE(decode(damaged, piece, room).has_value());
  }
}

TEST_CASE("a body ends at its cap, however well it is packed below it") {
  BodyLimits limits;
  limits.decoded = 1000;
  CHECK(decode(std::string(1000, 'x'), 100, 64, limits, ContentEncoding::identity).has_value());
  CHECK_FALSE(
      decode(std::string(1001, 'x'), 100, 64, limits, ContentEncoding::identity).has_value());
  const auto beyond = decode(gzip(std::string(1001, 'x')), 100, 64, limits);
  REQUIRE_FALSE(beyond.has_value());
  CHECK(beyond.error().code == Errc::too_much);
  CHECK(beyond.error().message.find("1000 octets") != std::string::npos);

  // A month of hours without usage expands by far more than 200:1.
  std::string empty_buckets;
  for (int i = 0; empty_buckets.size() < (8 << 20); ++i)
    empty_buckets += R"({"starting_at":"2026-11-01T00:00:00Z","ending_at":"","results":[]},)";
  const std::string packed = gzip(empty_buckets);
  REQUIRE(empty_buckets.size() / packed.size() > 200);
  CHECK(decode(packed, 4096)->text == empty_buckets);
}

}  // namespace anthropic_metrics::net::test
