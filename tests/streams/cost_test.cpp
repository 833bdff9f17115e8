// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

std::string day(const std::string& rows) {
  return R"({"data":[{"starting_at":"2026-09-01T00:00:00Z","ending_at":"2026-09-02T00:00:00Z","results":[)" +
         rows + R"(]}],"has_more":false,"next_page":null})";
}

streams::StreamSettings settings(std::vector<std::string> group_by) {
  streams::StreamSettings settings;
  settings.bucket_width = "1d";
  settings.group_by = std::move(group_by);
  return settings;
}

TEST_CASE("money is printed from the decimal, never through binary arithmetic") {
  struct Case {
    const char* sent;
    const char* amount;
  };
  for (const Case& c : {Case{"123.78912", "123.78912"}, Case{"8.0000", "8"}, Case{"0", "0"},
                        Case{"-12.50", "-12.5"}, Case{"0.1", "0.1"},
                        Case{"90071992547409.931234567", "90071992547409.931234567"},
                        Case{"1234567890123456789012345678901234567890.5",
                             "1234567890123456789012345678901234567890.5"}}) {
    const auto documents =
        Collector("cost", settings({}))
            .collect(day(R"({"amount":")" + std::string(c.sent) + R"(","currency":"USD"})"));
    INFO("sent " << c.sent);
    REQUIRE(documents);
    CHECK(documents->find("\"amount\":" + std::string(c.amount) + ",\"amount_exact\":\"" +
                          c.amount + "\"") != std::string::npos);
  }
}

TEST_CASE("an amount that is no decimal text is an error that names the path") {
  for (const char* amount :
       {"12", "\"12,5\"", "\"\"", "\"1.2.3\"", "\"NaN\"", "\"0x10\"", "null", "{}"}) {
    const auto documents =
        Collector("cost", settings({}))
            .collect(day(R"({"currency":"USD","amount":)" + std::string(amount) + "}"));
    INFO("amount " << amount);
    REQUIRE_FALSE(documents);
    CHECK(documents.error().message.starts_with("$.data[0].results[0]"));
    CHECK(documents.error().message.find("amount") != std::string::npos);
  }
}

TEST_CASE("a restated amount follows as its exact decimal difference") {
  Collector collector("cost", settings({}));
  REQUIRE(collector.collect(day(R"({"amount":"0.3","currency":"USD"})")));
  const auto correction = collector.collect(day(R"({"amount":"0.1","currency":"USD"})"));
  REQUIRE(correction);
  CHECK(correction->find("\"amount\":-0.2,\"amount_exact\":\"-0.2\"") != std::string::npos);
  CHECK(correction->find("\"revision\":1,\"total_exact\":\"0.1\"") != std::string::npos);
}

TEST_CASE("rows that differ only in something unknown add up instead of overwriting each other") {
  const auto documents =
      Collector("cost", settings({}))
          .collect(day(
              R"({"amount":"1.25","currency":"USD","product":"a"},{"amount":"2.5","currency":"USD","product":"b"})"));
  REQUIRE(documents);
  CHECK(documents->find("\"amount_exact\":\"3.75\"") != std::string::npos);
  CHECK(std::count(documents->begin(), documents->end(), '\n') == 1);
}

TEST_CASE("currencies are rows of their own") {
  const auto documents =
      Collector("cost", settings({}))
          .collect(day(R"({"amount":"1","currency":"USD"},{"amount":"1","currency":"EUR"})"));
  REQUIRE(documents);
  CHECK(std::count(documents->begin(), documents->end(), '\n') == 2);
}

}  // namespace
}  // namespace anthropic_metrics::test
