// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

using streams::PersonalData;

const streams::Window day{Instant(std::chrono::hours(24 * 20'000)),
                          Instant(std::chrono::hours(24 * 20'001))};

streams::StreamSettings settings(PersonalData mode) {
  streams::StreamSettings settings;
  settings.bucket_width = "1d";
  settings.personal = streams::Personal(mode, std::string(32, 'k'));
  return settings;
}

/// The documents of a day with these entries.
std::string collect(const std::string& entries, PersonalData mode = PersonalData::full) {
  Collector collector("claude_code", settings(mode));
  collector.ask(day);
  const auto documents = collector.collect(R"({"data":[)" + entries + R"(],"has_more":false})");
  if (!documents) FAIL(documents.error().message);
  return *documents;
}

std::string entry(const std::string& rest) {
  return R"({"actor":{"type":"user_actor","email_address":"ann@example.org"},"customer_type":"api",)"
         R"("terminal_type":"vscode",)" +
         rest + "}";
}

std::string model(const std::string& rest) {
  return entry(R"("model_breakdown":[{"model":"m",)" + rest + "}]");
}

std::size_t count(const std::string& documents, const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = documents.find(text, at)) != std::string::npos; ++at) ++found;
  return found;
}

bool has(const std::string& documents, const std::string& text) {
  return count(documents, text) > 0;
}

TEST_CASE("a day of Claude Code is asked for alone") {
  const Collector collector("claude_code", settings(PersonalData::none));
  const auto request = collector.fetcher().request(day, "");
  CHECK(request.target ==
        "/v1/organizations/usage_report/claude_code?starting_at=2024-10-04&limit=1000");
  CHECK(collector.fetcher().request(day, "p").target == request.target + "&page=p");
  CHECK(collector.fetcher().most_buckets() == 1);
}

TEST_CASE("activity and tokens never stand in one document") {
  const std::string documents = collect(entry(
      R"("core_metrics":{"num_sessions":3},"model_breakdown":[{"model":"m","tokens":{"input":7}},
               {"model":"n","tokens":{"input":8}}])"));
  CHECK(count(documents, "\n") == 3);
  CHECK(count(documents, R"("kind":"activity")") == 1);
  CHECK(count(documents, R"("sessions":3)") == 1);
  CHECK(count(documents, R"("kind":"model")") == 2);
  for (std::size_t at = 0; at < documents.size();) {
    const std::string line = documents.substr(at, documents.find('\n', at) - at);
    CHECK(has(line, "\"sessions\"") != has(line, "\"input_tokens\""));
    at += line.size() + 1;
  }
}

TEST_CASE("an estimate is exact, whole or with a fraction, as a number or as text") {
  struct Case {
    const char *amount, *exact, *number;
  };
  for (const Case& c :
       {Case{"41", "41", "41"}, Case{"41.5", "41.5", "41.5"}, Case{"41.50", "41.5", "41.5"},
        Case{"4.15e1", "41.5", "41.5"}, Case{"\"41.5\"", "41.5", "41.5"},
        Case{"0.1234567890123456789", "0.1234567890123456789", "0.1234567890123456789"}}) {
    INFO("amount " << c.amount);
    const std::string documents = collect(
        model(R"("estimated_cost":{"currency":"USD","amount":)" + std::string(c.amount) + "}"));
    CHECK(has(documents, R"("estimated_amount":)" + std::string(c.number) + ","));
    CHECK(has(documents, R"("estimated_amount_exact":")" + std::string(c.exact) + "\""));
    CHECK(has(documents, R"("currency":"USD")"));
  }
}

TEST_CASE("entries of one key add up, on one page and over the border of two") {
  const std::string one = entry(
      R"("core_metrics":{"num_sessions":3},"model_breakdown":[{"model":"m","tokens":{"input":1},"estimated_cost":{"amount":41.5,"currency":"USD"}}])");
  const std::string documents = collect(one + "," + one);
  CHECK(count(documents, "\n") == 2);
  CHECK(has(documents, R"("sessions":6)"));
  CHECK(has(documents, R"("input_tokens":2)"));
  CHECK(has(documents, R"("estimated_amount_exact":"83")"));
}

TEST_CASE("who, where and how tell rows apart, and absent and null are the same") {
  const std::string one =
      R"({"customer_type":"api","terminal_type":"x","core_metrics":{"num_sessions":1})";
  const std::string documents = collect(
      one + R"(,"actor":{"type":"api_actor","api_key_name":"ann"}},)" + one +
      R"(,"actor":{"type":"user_actor","email_address":"ann"}},)" + one +
      R"(,"actor":{"type":"user_actor","email_address":"ann"},"is_remote":true},)" + one +
      R"(,"actor":{"type":"user_actor","email_address":"ann"},"is_remote":false},)" + one +
      R"(,"actor":{"type":"user_actor","email_address":"ann"},"is_remote":null},)" + one +
      R"(,"actor":{"type":"user_actor","email_address":"ann"},"subscription_type":null},)" + one +
      R"(,"actor":{"type":"user_actor","email_address":"ann"},"subscription_type":"team"})");
  CHECK(count(documents, "\n") == 5);
  CHECK(count(documents, R"("sessions":3)") == 1);
  CHECK(count(documents, R"("is_remote":true)") == 1);
  CHECK(count(documents, R"("is_remote":false)") == 1);
  CHECK(count(documents, R"("subscription_type":"team")") == 1);
}

TEST_CASE("a tool without a field of its own counts with all tools") {
  const std::string documents = collect(entry(
      R"("tool_actions":{"edit_tool":{"accepted":1,"rejected":2},"new_tool":{"accepted":10},"none":null})"));
  CHECK(has(documents, R"("tools_accepted":11)"));
  CHECK(has(documents, R"("tools_rejected":2)"));
  CHECK(has(documents, R"("edit_accepted":1)"));
  CHECK(has(documents, R"("edit_rejected":2)"));
  CHECK_FALSE(has(documents, "new_tool"));
}

TEST_CASE("without being asked nothing says who it was, and rows of all add up") {
  const std::string bob =
      R"({"actor":{"type":"user_actor","email_address":"bob@example.org"},"customer_type":"api",)"
      R"("terminal_type":"vscode","core_metrics":{"num_sessions":2}})";
  const std::string documents =
      collect(entry(R"("core_metrics":{"num_sessions":3})") + "," + bob, PersonalData::none);
  CHECK(count(documents, "\n") == 1);
  CHECK(has(documents, R"("sessions":5)"));
  CHECK(has(documents, R"("actor_type":"user_actor")"));
  CHECK_FALSE(has(documents, "example.org"));
  const std::string hashed =
      collect(entry(R"("core_metrics":{"num_sessions":3})") + "," + bob, PersonalData::hashed);
  CHECK(count(hashed, "\n") == 2);
  CHECK(has(hashed, R"("actor":"xIwETx7nGsCZ3W28_X5-AN")"));
  CHECK_FALSE(has(hashed, "example.org"));
}

TEST_CASE("what is odd is set aside alone") {
  struct Case {
    std::string entry, expected;
    std::size_t good;
  };
  const std::string good = R"("core_metrics":{"num_sessions":3})";
  for (
      const Case& c :
      {Case{
           entry(
               R"("core_metrics":{"num_sessions":"3"},"model_breakdown":[{"model":"m","tokens":{"input":7}}])"),
           "core_metrics.num_sessions expected a whole number", 1},
       Case{entry(R"("core_metrics":{"num_sessions":-1})"), "expected a whole number", 0},
       Case{entry(good + R"(,"model_breakdown":[{"tokens":{"input":7}},{"model":"m"}])"),
            "model_breakdown[].model is missing", 2},
       Case{entry(good + R"(,"model_breakdown":[7])"), "model_breakdown[]", 1},
       Case{entry(good + R"(,"model_breakdown":{"m":1})"),
            "model_breakdown expected an array or null", 1},
       Case{entry(good +
                  R"(,"model_breakdown":[{"model":"m","estimated_cost":{"amount":"a lot"}}])"),
            "estimated_cost.amount expected a decimal number", 1},
       Case{entry(good + R"(,"model_breakdown":[{"model":"m","estimated_cost":7}])"),
            "estimated_cost expected an object or null", 1},
       Case{entry(R"("tool_actions":{"edit_tool":7})"), "tool_actions.edit_tool expected an object",
            0},
       Case{entry(R"("tool_actions":{"ann@example.org":7})"), "tool_actions.* expected an object",
            0},
       Case{entry(R"("tool_actions":{"a":{"accepted":9223372036854775807},"b":{"accepted":1}})"),
            "tool_actions adds up to more", 0},
       Case{R"({"actor":"ann@example.org","model_breakdown":[{"model":"m"}]})",
            "actor expected an object or null", 0},
       Case{R"({"is_remote":"yes"})", "is_remote expected true or false", 0},
       Case{"7", "expected an object", 0}}) {
    INFO("entry " << c.entry);
    for (const auto mode : {PersonalData::full, PersonalData::none}) {
      const std::string documents = collect(c.entry, mode);
      CHECK(count(documents, R"("kind":"pipeline_error")") == 1);
      CHECK(count(documents, R"("kind":"metric")") == c.good);
      CHECK(has(documents, c.expected));
      if (mode == PersonalData::none) CHECK_FALSE(has(documents, "example.org"));
    }
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
