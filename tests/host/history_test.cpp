// SPDX-License-Identifier: Apache-2.0
#include "run/history.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

const std::vector<StreamInfo> streams{{"usage", "anthropic_metrics.usage", "", true},
                                      {"cost", "anthropic_metrics.cost", "", true},
                                      {"rate_limit", "anthropic_metrics.rate_limit", ""}};

json::object asked(const std::string& config, const HistoryWish& wish, bool expected = true) {
  json::object result = json::parse(config).as_object();
  CHECK(ask_for_history(result, streams, wish) == expected);
  return result;
}

}  // namespace

TEST_CASE("without a list of streams all that have history are asked for it") {
  CHECK(asked(R"({"url":"u"})", {"2026-01-01", ""}) == json::parse(R"({"url":"u","streams":{
    "usage":{"enabled":true,"backfill_from":"2026-01-01"},
    "cost":{"enabled":true,"backfill_from":"2026-01-01"},
    "rate_limit":{"enabled":false}}})"));
}

TEST_CASE("a stream keeps its settings, and one that the policy leaves out stays out") {
  CHECK(asked(R"({"streams":{"usage":{"enabled":true,"group_by":["model"],"backfill_from":"2025"},
                  "cost":{"enabled":false},"rate_limit":{"enabled":true}}})",
              {"2026-01-01", ""}) == json::parse(R"({"streams":{
    "usage":{"enabled":true,"group_by":["model"],"backfill_from":"2026-01-01"},
    "cost":{"enabled":false},"rate_limit":{"enabled":false}}})"));
}

TEST_CASE("one stream alone may be asked for") {
  CHECK(asked("{}", {"2026-01-01", "cost"}) == json::parse(R"({"streams":{
    "usage":{"enabled":false},"cost":{"enabled":true,"backfill_from":"2026-01-01"},
    "rate_limit":{"enabled":false}}})"));
}

TEST_CASE("nothing is asked for if no stream that runs has history") {
  asked("{}", {"2026-01-01", "rate_limit"}, false);
  asked("{}", {"2026-01-01", "nothing"}, false);
  asked(R"({"streams":{"usage":{"enabled":false},"cost":{"enabled":false}}})", {"2026-01-01", ""},
        false);
}

TEST_CASE("the state of history is read from the plugin's status") {
  const auto state = history_state(R"({"delivery":{"pending_documents":7},"streams":{
    "cost":{"health":"failed","message":"HTTP 401"},
    "usage":{"health":"healthy","backfill":{"from":"2026-01-01T00:00:00Z",
      "reached":"2026-03-01T00:00:00Z","done":false,"done_share":0.25,"waits_for":"HTTP 500"}}}})");

  CHECK(state.pending_documents == 7);
  REQUIRE(state.parts.size() == 2);
  CHECK(state.parts[0] == HistoryPart{"cost", "", "", 0, false, false, true, "HTTP 401"});
  CHECK(state.parts[1] == HistoryPart{"usage", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", 0.25,
                                      false, false, false, "HTTP 500"});
  CHECK(state.refused());
  CHECK_FALSE(state.collected());
}

TEST_CASE("history is collected when every stream says so, and never when none speaks") {
  CHECK(
      history_state(R"({"streams":{"usage":{"backfill":{"from":"a","reached":"a","done":true}}}})")
          .collected());
  CHECK_FALSE(
      history_state(
          R"({"streams":{"usage":{"backfill":{"from":"a","reached":"a","done":true}},"cost":{}}})")
          .collected());
  for (const char* text : {"", "no JSON", "[]", "{}", R"({"streams":7})", R"({"streams":{}})"})
    CHECK_FALSE(history_state(text).collected());
}

TEST_CASE("a line for people says how far it is and what it waits for") {
  CHECK(to_text({"usage", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", 0.257, false, false,
                 false, ""}) ==
        "usage: 25 % collected, back to 2026-03-01T00:00:00Z; shall reach 2026-01-01T00:00:00Z");
  CHECK(to_text({"usage", "f", "r", 0.5, false, false, false, "HTTP 500"}) ==
        "usage: 50 % collected, back to r; shall reach f; waits: HTTP 500");
  CHECK(to_text({"usage", "f", "f", 1, true, false, false, ""}) ==
        "usage: history back to f is collected");
  CHECK(to_text({"usage", "", "", 0, false, false, false, ""}) == "usage: not begun");
}
