// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

std::string list(const std::string& entries) {
  return R"({"data":[)" + entries + R"(],"next_page":null})";
}

Result<std::string> collect(const std::string& entries) {
  return Collector("rate_limit", {}).collect(list(entries));
}

TEST_CASE("the group's type stands in when group_type is missing") {
  const auto documents = collect(
      R"({"type":"rate_limit","group":{"id":"rlg_1","type":"batch"},"models":null,"limits":[]})");
  REQUIRE(documents);
  CHECK(documents->find("\"group_type\":\"batch\"") != std::string::npos);
}

TEST_CASE("an unknown limiter stays in limits only") {
  const auto documents = collect(
      R"({"type":"rate_limit","group_type":"files","models":null,"limits":[{"type":"uploads","value":7}]})");
  REQUIRE(documents);
  CHECK(documents->find(R"("limits":[{"type":"uploads","value":7}])") != std::string::npos);
  CHECK(documents->find("\"uploads\":") == std::string::npos);
}

TEST_CASE("groups without an id of their own keep apart") {
  const std::string batch =
      R"({"type":"rate_limit","group_type":"batch","models":null,"limits":[]})";
  const auto documents = collect(batch + "," + batch);
  REQUIRE(documents);
  const auto first = documents->find("\"id\":\"");
  const auto second = documents->find("\"id\":\"", documents->find('\n'));
  CHECK(documents->substr(first, 28) != documents->substr(second, 28));
}

TEST_CASE("wrong types are errors that name the path") {
  struct Case {
    const char* entry;
    const char* expected;
  };
  for (const Case& c : {
           Case{R"({"limits":[{"type":"a","value":-1}]})",
                "$.data[0].limits[0].value expected a whole"},
           Case{R"({"limits":[{"type":"a","value":1.5}]})",
                "$.data[0].limits[0].value expected a whole"},
           Case{R"({"limits":[{"type":1,"value":1}]})",
                "$.data[0].limits[0].type expected a string"},
           Case{R"({"limits":{}})", "$.data[0].limits expected an array"},
           Case{R"({"models":"m","limits":[]})", "$.data[0].models expected an array"},
           Case{R"({"models":[1],"limits":[]})", "$.data[0].models[0] expected a string"},
           Case{R"({"group":{"id":5},"limits":[]})", "$.data[0].group.id expected a string"},
       }) {
    const auto documents = collect(c.entry);
    INFO("entry " << c.entry);
    REQUIRE_FALSE(documents);
    CHECK(documents.error().message.starts_with(c.expected));
  }
}

TEST_CASE("an integral double is a limit") {
  const auto documents = collect(
      R"({"type":"rate_limit","group_type":"x","limits":[{"type":"requests_per_minute","value":4.0e3}]})");
  REQUIRE(documents);
  CHECK(documents->find("\"requests_per_minute\":4000,") != std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
