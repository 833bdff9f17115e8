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

TEST_CASE("an amount that is no decimal number is set aside, the others count") {
  const std::string digits(201, '9');
  for (const std::string& amount :
       {std::string("\"12,5\""), std::string("\"\""), std::string("\"1.2.3\""),
        std::string("\"NaN\""), std::string("\"0x10\""), std::string("null"), std::string("{}"),
        std::string("true"), std::string("\"1e200\""), std::string("1e200"),
        std::string("\"1e-201\""), "\"" + digits + "\"", "\"0." + digits + "\"",
        std::string("\"1\",\"amount\":\"1\"")}) {
    Collector collector("cost", settings({}));
    const std::string text =
        day(R"({"amount":"1.5","currency":"EUR"},{"currency":"USD","amount":)" + amount + "}");
    const auto documents = collector.collect(text);
    INFO("amount " << amount);
    REQUIRE(documents);
    CHECK(documents->find("\"amount_exact\":\"1.5\"") != std::string::npos);
    CHECK(documents->find("\"message\":\"$.data[].results[]") != std::string::npos);
    CHECK(std::count(documents->begin(), documents->end(), '\n') == 2);
    // And once only, however often it is read.
    CHECK(*collector.collect(text) == "");
  }
}

TEST_CASE("an amount that is a number is read from its digits") {
  for (const char* amount : {"12", "90071992547409.931234567", "-0.1"}) {
    const auto documents =
        Collector("cost", settings({}))
            .collect(day(R"({"currency":"USD","amount":)" + std::string(amount) + "}"), 2);
    REQUIRE(documents);
    CHECK(documents->find("\"amount_exact\":\"" + std::string(amount) + "\"") != std::string::npos);
  }
}

TEST_CASE("the longest amounts are emitted once and corrected once") {
  Collector collector("cost", settings({}));
  const std::string longest(200, '9');
  for (const std::string& amount :
       {longest, std::string("1e199"), std::string("1e-200"), "0." + longest}) {
    const std::string text = day(R"({"amount":")" + amount + R"(","currency":"USD"})");
    const auto documents = collector.collect(text);
    REQUIRE(documents);
    CHECK(std::count(documents->begin(), documents->end(), '\n') == 1);
    CHECK(*collector.collect(text) == "");
  }
}

TEST_CASE("amounts that add up to more digits than can be read back are set aside") {
  Collector collector("cost", settings({}));
  const std::string row = R"({"amount":")" + std::string(200, '9') + R"(","currency":"USD"})";
  const std::string text = day(row + "," + row + R"(,{"amount":"1","currency":"EUR"})");
  const auto documents = collector.collect(text);
  REQUIRE(documents);
  CHECK(documents->find("\"amount_exact\":\"1\"") != std::string::npos);
  CHECK(documents->find("\"kind\":\"pipeline_error\"") != std::string::npos);
  CHECK(std::count(documents->begin(), documents->end(), '\n') == 2);
  CHECK(*collector.collect(text) == "");
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
