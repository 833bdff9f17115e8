// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "stream_case.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics::test {
namespace {

/// One bucket with one row; `members` replaces the counters that every row carries.
std::string answer(const std::string& members) {
  return R"({"data":[{"starting_at":"2026-09-11T14:00:00Z","ending_at":"2026-09-11T15:00:00Z","results":[{)" +
         members + R"(}]}],"has_more":false,"next_page":null})";
}

std::string counters(const std::string& output_tokens) {
  return fmt::format(
      R"("uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":{},"model":"m")",
      output_tokens);
}

streams::StreamSettings settings(std::vector<std::string> group_by) {
  streams::StreamSettings settings;
  settings.bucket_width = "1h";
  settings.group_by = std::move(group_by);
  return settings;
}

TEST_CASE("usage asks for whole aligned windows with the maximum of buckets") {
  const Collector collector("usage", settings({"model", "workspace_id"}));
  const streams::Window window{*streams::split(Instant(std::chrono::hours(0)),
                                               Instant(std::chrono::hours(24)),
                                               std::chrono::hours(1), 168)
                                    .begin()};
  CHECK(collector.fetcher().request(window, "").target ==
        "/v1/organizations/usage_report/messages?starting_at=1970-01-01T00%3A00%3A00Z"
        "&ending_at=1970-01-02T00%3A00%3A00Z&bucket_width=1h&group_by[]=model"
        "&group_by[]=workspace_id&limit=24");
}

TEST_CASE("usage sends the beta header for speed only when speed is asked for") {
  const auto headers = [](std::vector<std::string> group_by) {
    return Collector("usage", settings(std::move(group_by))).fetcher().request({}, "").headers;
  };
  CHECK(headers({"model"}).size() == 1);
  REQUIRE(headers({"speed"}).size() == 2);
  CHECK(headers({"speed"})[1].name == "anthropic-beta");
  CHECK(headers({"speed"})[1].value == "fast-mode-2026-02-01");
}

TEST_CASE("integral doubles are counts") {
  const auto documents = Collector("usage", settings({"model"})).collect(answer(counters("1.0e9")));
  REQUIRE(documents);
  CHECK(documents->find("\"output_tokens\":1000000000,") != std::string::npos);
}

TEST_CASE("whole numbers are read exactly however they are written") {
  struct Case {
    const char* written;
    const char* read;
  };
  for (const Case& c : {Case{"9007199254740993.0", "9007199254740993"}, Case{"1.0e3", "1000"},
                        Case{"12.50e1", "125"}, Case{"9223372036854775807", "9223372036854775807"},
                        Case{"9.223372036854775807e18", "9223372036854775807"}, Case{"-0", "0"},
                        Case{"-0.0", "0"}, Case{"0e5", "0"}}) {
    INFO("written " << c.written);
    for (const std::size_t piece : {1u, 3u, 4096u}) {
      const auto documents =
          Collector("usage", settings({"model"})).collect(answer(counters(c.written)), piece);
      REQUIRE(documents);
      CHECK(documents->find(fmt::format("\"output_tokens\":{},", c.read)) != std::string::npos);
    }
  }
}

TEST_CASE("a dimension that was not asked for is absent even if the answer has it") {
  const auto documents = Collector("usage", settings({})).collect(answer(counters("3")));
  REQUIRE(documents);
  CHECK(documents->find("\"model\"") == std::string::npos);
}

TEST_CASE("an unknown dimension that was asked for passes through") {
  const auto documents = Collector("usage", settings({"product"}))
                             .collect(answer(counters("3") + R"(,"product":"chat")"));
  REQUIRE(documents);
  CHECK(documents->find("\"product\":\"chat\"") != std::string::npos);
}

TEST_CASE("null means the default workspace, and the Console for keys, only when asked for") {
  const std::string nulls = counters("3") + R"(,"workspace_id":null,"api_key_id":null)";
  const auto asked =
      Collector("usage", settings({"api_key_id", "workspace_id"})).collect(answer(nulls));
  REQUIRE(asked);
  CHECK(asked->find("\"workspace_id\":\"Default\"") != std::string::npos);
  CHECK(asked->find("\"api_key_source\":\"console\"") != std::string::npos);
  CHECK(asked->find("\"api_key_id\":") == std::string::npos);
  const auto not_asked = Collector("usage", settings({"model"})).collect(answer(nulls));
  REQUIRE(not_asked);
  CHECK(not_asked->find("workspace_id") == std::string::npos);
  CHECK(not_asked->find("api_key_source") == std::string::npos);
}

TEST_CASE("late tokens follow as a correction with the difference and the value now true") {
  Collector collector("usage", settings({"model"}));
  REQUIRE(collector.collect(answer(counters("10"))));
  const auto correction = collector.collect(answer(counters("7")));
  REQUIRE(correction);
  CHECK(correction->find("\"output_tokens\":-3,\"revision\":1,\"total\":{") != std::string::npos);
  CHECK(correction->find("\"output_tokens\":7,") != std::string::npos);
  CHECK(correction->find("\"uncached_input_tokens\":0,") != std::string::npos);
}

TEST_CASE("a row that vanished is taken to zero under its own dimensions") {
  Collector collector("usage", settings({"model"}));
  REQUIRE(collector.collect(answer(counters("10"))));
  const auto correction = collector.collect(
      R"({"data":[{"starting_at":"2026-09-11T14:00:00Z","ending_at":"2026-09-11T15:00:00Z","results":[]}],"has_more":false})");
  REQUIRE(correction);
  CHECK(correction->find("\"model\":\"m\",\"output_tokens\":-10,\"revision\":1") !=
        std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
