// SPDX-License-Identifier: Apache-2.0
// What the description says of rows, compared with the documents: whoever adds up a store by it
// must find every member in its place.
#include "edge/describe_row.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

bool has(const json::value& list, std::string_view name) {
  const auto& all = list.as_array();
  return std::find(all.begin(), all.end(), json::value(name)) != all.end();
}

bool is_flag(const json::object& row, std::string_view name) {
  const json::value* const flags = row.if_contains("flags");
  return flags != nullptr && has(*flags, name);
}

/// What a member of a row is by the description, or nothing.
std::string what(const json::object& row, std::string_view name, const json::value& value) {
  for (const char* fixed :
       {"bucket_start_time", "bucket_end_time", "bucket_width", "group_by", "revision", "total"})
    if (name == fixed) return "fixed";
  if (has(row.at("aside"), name)) return "aside";
  if (has(row.at("counts"), name)) return value.is_int64() ? "count" : "";
  for (const json::value& amount : row.at("amounts").as_array()) {
    if (name == amount.as_string()) return value.is_number() ? "amount" : "";
    if (name == std::string(amount.as_string()) + "_exact") return value.is_string() ? "exact" : "";
  }
  if (is_flag(row, name)) return value.is_bool() ? "flag" : "";
  return value.is_string() ? "dimension" : "";
}

TEST_CASE("every member of every golden document has its place in the description of rows") {
  std::size_t members = 0;
  for (const StreamCase& fixture : stream_cases()) {
    const json::object row = row_of(*streams::find(fixture.stream));
    if (row.empty()) continue;
    INFO("fixture " << fixture.name());
    std::istringstream in(fixture.read("documents.ndjson"));
    for (std::string line; std::getline(in, line);) {
      const json::value document = json::parse(line);
      if (document.at("event").at("kind").as_string() != "metric") continue;
      for (const auto& member : document.at("anthropic").at(fixture.stream).as_object()) {
        INFO(std::string_view(member.key()) << " in " << line);
        CHECK_FALSE(what(row, member.key(), member.value()).empty());
        ++members;
      }
    }
  }
  CHECK(members > 500);
}

TEST_CASE("streams whose documents add up to nothing describe no row") {
  for (const auto& stream : streams::all()) {
    INFO(stream.name);
    const bool adds_up =
        !stream.snapshot() && !stream.observing() && stream.name != "analytics_summary";
    CHECK(row_of(stream).empty() == !adds_up);
  }
}

TEST_CASE("the description of rows of usage and cost") {
  CHECK(
      json::serialize(row_of(*streams::find("usage"))) ==
      R"({"object":"usage","counts":["uncached_input_tokens","cached_input_tokens","output_tokens",)"
      R"("cache_creation_5m_input_tokens","cache_creation_1h_input_tokens","web_search_requests"],)"
      R"("amounts":[],"aside":["cache_creation_input_tokens","total","total_exact","total_list_exact"],)"
      R"("nulls":[{"field":"api_key_id","says":"api_key_source","text":"console"},)"
      R"({"field":"workspace_id","says":"workspace_id","text":"Default"}],)"
      R"("sums":[{"field":"cache_creation_input_tokens","of":["cache_creation_5m_input_tokens",)"
      R"("cache_creation_1h_input_tokens"]}],"settle_seconds":300,"widths":["1h","1m","1d"]})");
  CHECK(
      json::serialize(row_of(*streams::find("cost"))) ==
      R"({"object":"cost","counts":[],"amounts":["amount"],"aside":["total","total_exact","total_list_exact"],)"
      R"("nulls":[{"field":"workspace_id","says":"workspace_id","text":"Default"}],)"
      R"("settle_seconds":3600,"widths":["1d"]})");
  const json::object claude_code = row_of(*streams::find("claude_code"));
  CHECK(json::serialize(claude_code.at("flags")) == R"(["is_remote"])");
  CHECK(json::serialize(claude_code.at("amounts")) == R"(["estimated_amount"])");
  const json::object analytics_cost = row_of(*streams::find("analytics_cost"));
  CHECK(json::serialize(analytics_cost.at("counts")) == R"(["requests"])");
  CHECK(json::serialize(analytics_cost.at("amounts")) == R"(["amount","list_amount"])");
  CHECK(has(analytics_cost.at("aside"), "actor_name"));
}

}  // namespace
}  // namespace anthropic_metrics::test
