// SPDX-License-Identifier: Apache-2.0
// What is asked of a store, and what the plugin is told of it.
#include "proof/store_search.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>

#include "proof/known.hpp"
#include "usage_rows.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
namespace json = boost::json;

TEST_CASE("documents of a window are asked for by their bucket, of the organization or of none") {
  const json::value body = json::parse(scroll_body(usage_fields(), begin, begin + 3600, "org"));
  const json::value expected =
      json::parse(R"({"bool":{"filter":[
    {"range":{"anthropic.usage.bucket_start_time":{"gte":")" +
                  time_text(begin) + R"(","lt":")" + time_text(begin + 3600) + R"("}}},
    {"bool":{"should":[{"term":{"organization.id":"org"}},
                       {"bool":{"must_not":[{"exists":{"field":"organization.id"}}]}}],
             "minimum_should_match":1}}]}})");
  CHECK(body.at("query") == expected);
  CHECK(body.at("sort") == json::parse(R"([{"anthropic.usage.bucket_start_time":"asc"}])"));
  CHECK(body.at("size").as_int64() == 5000);
}

TEST_CASE("other grains are those of another width, with another dimension or without one") {
  const json::value body = json::parse(
      other_grains_body(usage_fields(), {"1h", {"model", "workspace_id"}}, begin, begin + 3600));
  const json::value& differs =
      body.at("query").at("bool").at("filter").at(1).at("bool").at("should");
  REQUIRE(differs.as_array().size() == 3);
  CHECK(json::serialize(differs.at(2)) ==
        R"-({"regexp":{"anthropic.usage.group_by":{"value":"~(model|workspace_id)"}}})-");
  const json::value ungrouped =
      json::parse(other_grains_body(usage_fields(), {"1h", {}}, begin, begin + 3600));
  const json::value& grouped =
      ungrouped.at("query").at("bool").at("filter").at(1).at("bool").at("should").at(1);
  CHECK(json::serialize(grouped) == R"({"exists":{"field":"anthropic.usage.group_by"}})");
}

TEST_CASE("the plugin is told each row once, with its sums and its newest revision") {
  Documents held(documents({{0, "a", 5}, {0, "a", -2, 1}}));
  Bucket bucket;
  for (int i = 0; i < 2; ++i) bucket.add(**held.next());
  std::string known;
  append_known(known, usage_fields(), "org", hours(), bucket);
  CHECK(known == R"({"organization":{"id":"org"},"anthropic":{"usage":{"output_tokens":3,)"
                 R"("uncached_input_tokens":14,"model":"a","bucket_start_time":")" +
                     time_text(begin) + R"(","bucket_end_time":")" + time_text(begin + 3600) +
                     R"(","bucket_width":"1h","group_by":["model"],"revision":1}}})" + "\n");
}

TEST_CASE("money is told by its exact text, and names with dots as objects") {
  RowFields fields = cost_fields();
  fields.counts = {"tools.accepted"};
  Bucket bucket;
  bucket.start = begin;
  bucket.end = begin + 86'400;
  RowTotal& row = bucket.rows[R"("currency":"USD")"];
  row.measures.counts = {3};
  row.measures.amounts = {*anthropic_metrics::Decimal::parse("0.00031250000000000004")};
  std::string known;
  append_known(known, fields, "org", {"1d", {}}, bucket);
  const json::value told =
      json::parse(known.substr(0, known.size() - 1)).at("anthropic").at("cost");
  CHECK(told.at("amount_exact") == "0.00031250000000000004");
  CHECK(told.at("tools").at("accepted").as_int64() == 3);
  CHECK(told.at("currency") == "USD");
}
