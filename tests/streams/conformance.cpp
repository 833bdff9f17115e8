// SPDX-License-Identifier: Apache-2.0
// What every stream must do, checked on every fixture of every registered stream: a new stream
// inherits all of it.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdlib>
#include <random>
#include <set>

#include "net/url.hpp"
#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

std::uint64_t seed() {
  const char* given = std::getenv("AM_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

TEST_CASE("documents equal the golden file") {
  for (const StreamCase& fixture : stream_cases()) {
    INFO("fixture " << fixture.name());
    Collector collector(fixture.stream, fixture.settings());
    const auto documents = collector.collect(fixture);
    if (!documents) FAIL(documents.error().message);
    check_golden(fixture, *documents);
  }
}

TEST_CASE("documents do not depend on how the answer is cut into pieces") {
  for (const StreamCase& fixture : stream_cases()) {
    INFO("fixture " << fixture.name());
    const std::string whole = *Collector(fixture.stream, fixture.settings()).collect(fixture);
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u, 1000u}) {
      INFO("pieces of " << piece);
      CHECK(*Collector(fixture.stream, fixture.settings()).collect(fixture, piece) == whole);
    }
  }
}

TEST_CASE("reading the same report again emits nothing") {
  for (const StreamCase& fixture : stream_cases()) {
    const streams::Descriptor& stream = *streams::find(fixture.stream);
    if (stream.snapshot() && !stream.entities) continue;
    INFO("fixture " << fixture.name());
    Collector collector(fixture.stream, fixture.settings());
    REQUIRE(collector.collect(fixture));
    CHECK(*collector.collect(fixture.answers().back()) == "");
  }
}

TEST_CASE("an answer cut short anywhere is an error and hands out whole buckets only") {
  for (const StreamCase& fixture : stream_cases()) {
    INFO("fixture " << fixture.name());
    const std::string answer = fixture.read("answer.json");
    const Collector collector(fixture.stream, fixture.settings());
    const auto whole = decode(collector.fetcher(), answer, 4096);
    REQUIRE(whole);
    const std::size_t end = answer.find_last_of('}');
    for (std::size_t length = 0; length <= end; ++length) {
      const auto part = decode(collector.fetcher(), answer.substr(0, length), 4096);
      INFO("cut at byte " << length);
      REQUIRE_FALSE(part);
      REQUIRE(part.error().code == Errc::protocol);
      REQUIRE(part.error().message.front() == '$');
    }
  }
}

TEST_CASE("bytes flipped at random never crash and never throw") {
  const std::uint64_t chosen = seed();
  INFO("replay with AM_SEED=" << chosen);
  std::mt19937_64 random(chosen);
  for (const StreamCase& fixture : stream_cases()) {
    const std::string answer = fixture.read("answer.json");
    const Collector collector(fixture.stream, fixture.settings());
    for (int round = 0; round < 2000; ++round) {
      std::string broken = answer;
      for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips)
        broken[random() % broken.size()] = static_cast<char>(random());
      const auto result = decode(collector.fetcher(), broken, 1 + random() % 200);
      if (!result) REQUIRE(result.error().code == Errc::protocol);
    }
  }
}

TEST_CASE("answers of the wrong shape are errors that name the JSON path") {
  for (const StreamCase& fixture : stream_cases()) {
    const Collector collector(fixture.stream, fixture.settings());
    for (const char* answer :
         {"", " ", "[]", "7", "\"x\"", "null", "{}", "{\"data\":7}", "{\"data\":null}",
          "{\"data\":[7]}", "{\"data\":[[]]}", "<html>Bad gateway</html>", "{\"data\":[]} x"}) {
      INFO("fixture " << fixture.name() << ", answer " << answer);
      const auto result = decode(collector.fetcher(), answer, 4096);
      // One element of a list may be odd; it is set aside.
      if (result && collector.by_entry()) {
        REQUIRE(result->buckets.size() == 1);
        CHECK(result->buckets.front().rows.empty());
        CHECK(result->buckets.front().odd.size() == 1);
        continue;
      }
      REQUIRE_FALSE(result);
      CHECK(result.error().code == Errc::protocol);
      CHECK(result.error().message.front() == '$');
    }
  }
}

TEST_CASE("every document's id is its own") {
  std::set<std::string> ids;
  std::size_t documents = 0;
  for (const StreamCase& fixture : stream_cases()) {
    const std::string text = fixture.read("documents.ndjson");
    documents += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    for (std::size_t at = 0; (at = text.find("\"id\":\"", at)) != std::string::npos; ++at) {
      const std::string id = text.substr(at + 6, 22);
      if (text[at + 28] == '"' && text.compare(at + 29, 7, ",\"kind\"") == 0) ids.insert(id);
    }
  }
  CHECK(ids.size() == documents);
}

TEST_CASE("a page token is data: it is percent-encoded into the next request") {
  for (const StreamCase& fixture : stream_cases()) {
    const Collector collector(fixture.stream, fixture.settings());
    const streams::Window window{Instant(std::chrono::hours(24)), Instant(std::chrono::hours(48))};
    const auto first = collector.fetcher().request(window, "");
    const auto next = collector.fetcher().request(window, "page_a&b=\r\n#");
    // Whatever the parameter is called, it comes behind what was asked for first.
    REQUIRE(next.target.starts_with(first.target));
    CHECK(next.target.ends_with("=page_a%26b%3D%0D%0A%23"));
    CHECK(std::count(next.target.begin(), next.target.end(), '#') == 0);
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
