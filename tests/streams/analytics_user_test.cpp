// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

using streams::PersonalData;

const streams::Window day{Instant(std::chrono::hours(24 * 20'000)),
                          Instant(std::chrono::hours(24 * 20'001))};

streams::StreamSettings settings(PersonalData mode = PersonalData::none) {
  streams::StreamSettings settings;
  settings.bucket_width = "1d";
  settings.personal = streams::Personal(mode, std::string(32, 'k'));
  return settings;
}

std::string collect(const std::string& entries, PersonalData mode = PersonalData::none) {
  Collector collector("analytics_user", settings(mode));
  collector.ask(day);
  const auto documents = collector.collect(R"({"data":[)" + entries + R"(],"next_page":null})");
  if (!documents) FAIL(documents.error().message);
  return *documents;
}

std::string entry(const std::string& rest) {
  return R"({"user":{"id":"user_1","email_address":"ann@example.org"},)" + rest + "}";
}

std::size_t count(const std::string& documents, const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = documents.find(text, at)) != std::string::npos; ++at) ++found;
  return found;
}

bool has(const std::string& documents, const std::string& text) {
  return count(documents, text) > 0;
}

TEST_CASE("a day of users is asked for alone") {
  const Collector collector("analytics_user", settings());
  CHECK(collector.fetcher().request(day, "").target ==
        "/v1/organizations/analytics/users?date=2024-10-04&limit=1000");
}

TEST_CASE("each count that is not zero is a row") {
  const std::string documents = collect(
      entry(R"("web_search_count":2,"chat_metrics":{"message_count":5,"file_count":0},)"
            R"("office_metrics":{"word":{"message_count":1}},"new_metrics":{"thing_count":9})"));
  CHECK(count(documents, "\n") == 4);
  CHECK(has(documents, R"("metric":"message_count","product":"chat")"));
  CHECK(has(documents, R"("metric":"message_count","product":"office_word")"));
  CHECK(has(documents, R"("metric":"web_search_count","product":"all")"));
  CHECK(has(documents, R"("metric":"thing_count","product":"new")"));
}

TEST_CASE("counts of Claude Code have the path below their block") {
  const std::string documents = collect(entry(
      R"("claude_code_metrics":{"core_metrics":{"commit_count":1,"lines_of_code":{"added_count":2}},)"
      R"("tool_actions":{"edit_tool":{"accepted_count":3}}})"));
  for (const char* metric :
       {"commit_count", "lines_of_code.added_count", "tool_actions.edit_tool.accepted_count"})
    CHECK(has(documents, R"("metric":")" + std::string(metric) + R"(","product":"claude_code")"));
}

TEST_CASE("a count that became zero is taken back") {
  Collector collector("analytics_user", settings());
  collector.ask(day);
  const auto page = [](const std::string& entries) { return R"({"data":[)" + entries + "]}"; };
  REQUIRE(collector.collect(page(entry(R"("chat_metrics":{"message_count":5})"))));
  const auto documents = collector.collect(page(entry(R"("chat_metrics":{"message_count":0})")));
  REQUIRE(documents);
  CHECK(has(*documents, R"("value":-5)"));
  CHECK(has(*documents, R"("total":{"value":0})"));
}

TEST_CASE("an address that changed makes no second row") {
  Collector collector("analytics_user", settings(PersonalData::full));
  collector.ask(day);
  const auto page = [](const char* address) {
    return R"({"data":[{"user":{"id":"user_1","email_address":")" + std::string(address) +
           R"("},"chat_metrics":{"message_count":5}}]})";
  };
  const auto first = collector.collect(page("ann@example.org"));
  REQUIRE(first);
  CHECK(has(*first, R"("user_email":"ann@example.org")"));
  const auto second = collector.collect(page("ann.new@example.org"));
  REQUIRE(second);
  CHECK(second->empty());
}

TEST_CASE("who it was is an id, unless more was asked for") {
  const std::string counts = R"("chat_metrics":{"message_count":5})";
  CHECK(has(collect(entry(counts)), R"("user_id":"user_1")"));
  CHECK_FALSE(has(collect(entry(counts)), "example.org"));
  CHECK(has(collect(entry(counts), PersonalData::hashed),
            R"("user_email":"xIwETx7nGsCZ3W28_X5-AN")"));
}

TEST_CASE("activity of nobody adds up, and of a user without an id nobody knows whose it is") {
  const std::string nobody = R"({"user":null,"chat_metrics":{"message_count":5}})";
  CHECK(has(collect(nobody + "," + nobody), R"("value":10)"));
  const std::string unnamed =
      collect(R"({"user":{"email_address":"ann@example.org"},"chat_metrics":{"message_count":5}})");
  CHECK(count(unnamed, R"("kind":"pipeline_error")") == 1);
  CHECK(count(unnamed, "\n") == 1);
  CHECK(has(unnamed, "user.id is missing"));
  CHECK_FALSE(has(unnamed, "example.org"));
}

TEST_CASE("an odd count hides no other, and what is no count says nothing") {
  const std::string documents = collect(
      entry(R"("chat_metrics":{"message_count":"many","file_count":1,"mood":"fine","at":[1]},)"
            R"("cowork_metrics":7,"design_metrics":{"a_count":0.5},"Ann":{"x":1},)"
            R"("ann@example.org_metrics":{"x_count":1})"));
  CHECK(count(documents, R"("kind":"metric")") == 1);
  CHECK(count(documents, R"("kind":"pipeline_error")") == 3);
  CHECK(has(documents, ".chat_metrics.message_count expected a whole number"));
  CHECK(has(documents, ".design_metrics.a_count expected a whole number"));
  CHECK(has(documents, ".cowork_metrics expected an object or null"));
  CHECK_FALSE(has(documents, "example.org"));
  CHECK_FALSE(has(documents, "many"));
}

TEST_CASE("a block as deep as nobody sends is left") {
  std::string deep = "1";
  for (int i = 0; i < 20; ++i) deep = R"({"a":)" + deep + "}";
  CHECK(collect(entry(R"("chat_metrics":)" + deep)).empty());
}

}  // namespace
}  // namespace anthropic_metrics::test
