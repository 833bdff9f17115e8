// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>

#include "base/time_text.hpp"
#include "settings/stream_config.hpp"
#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

streams::StreamSettings settings(std::vector<std::string> group_by) {
  streams::StreamSettings settings;
  settings.bucket_width = "1d";
  settings.group_by = std::move(group_by);
  return settings;
}

std::string entry(const std::string& amount, const std::string& list, const std::string& group = "",
                  const std::string& requests = "null") {
  return R"({"starting_at":"2026-11-20T00:00:00Z","ending_at":"2026-11-21T00:00:00Z","group":{)" +
         group + R"(},"cost":{"amount":)" + amount + R"(,"list_amount":)" + list +
         R"(,"currency":"USD","requests":)" + requests + "}}";
}

std::string page(const std::string& entries) {
  return R"({"data":[)" + entries + R"(],"has_more":false,"next_page":null,)" +
         R"("data_refreshed_at":"2026-11-26T12:00:00Z"})";
}

/// Answers for 20 November, one after another.
struct Days {
  Collector collector;
  explicit Days(std::vector<std::string> group_by)
      : collector("analytics_cost", settings(std::move(group_by))) {
    collector.ask({*parse_rfc3339("2026-11-20T00:00:00Z"), *parse_rfc3339("2026-11-21T00:00:00Z")});
  }
  std::string read(const std::string& entries) {
    const auto documents = collector.collect(page(entries));
    REQUIRE(documents);
    return *documents;
  }
};

bool has(const std::string& documents, const std::string& text) {
  return documents.find(text) != std::string::npos;
}

std::ptrdiff_t count(const std::string& documents) {
  return std::count(documents.begin(), documents.end(), '\n');
}

TEST_CASE("both amounts are printed from the decimal, and no difference is made of them") {
  const std::string documents =
      Days({}).read(entry(R"("90071992547409.931234567")", R"("100000000000000.000000001")"));
  CHECK(has(documents,
            R"("amount":90071992547409.931234567,"amount_exact":"90071992547409.931234567")"));
  CHECK(has(documents, R"("list_amount":100000000000000.000000001,)"
                       R"("list_amount_exact":"100000000000000.000000001")"));
  CHECK_FALSE(has(documents, "discount"));
}

TEST_CASE("each amount is corrected by its own difference") {
  Days days({});
  days.read(entry(R"("0.3")", R"("0.5")"));
  const std::string correction = days.read(entry(R"("0.1")", R"("0.5")"));
  CHECK(has(correction, R"("amount_exact":"-0.2")"));
  CHECK(has(correction, R"("list_amount_exact":"0")"));
  CHECK(has(correction, R"("total_exact":"0.1","total_list_exact":"0.5")"));
  const std::string gone = days.read("");
  CHECK(has(gone, R"("amount_exact":"-0.1")"));
  CHECK(has(gone, R"("list_amount_exact":"-0.5")"));
  CHECK(has(gone, R"("total_exact":"0","total_list_exact":"0")"));
  CHECK(days.read("").empty());
}

TEST_CASE("rows without an identity that share a tuple are one row, not a restatement") {
  Days days({"actor", "product"});
  const std::string chat = R"("actor":null,"product":"chat")";
  const std::string two =
      entry(R"("0.1")", R"("1")", chat, "1") + "," + entry(R"("0.2")", R"("1")", chat, "2");
  const std::string documents = days.read(two);
  CHECK(count(documents) == 1);
  CHECK(has(documents, R"("amount_exact":"0.3")"));
  CHECK(has(documents, R"("requests":3)"));
  CHECK(has(documents, R"("revision":0)"));
  CHECK(days.read(two).empty());
}

TEST_CASE("requests are counted unless rows are split by line item") {
  CHECK(has(Days({"product"}).read(entry(R"("1")", R"("1")", R"("product":"chat")", "4")),
            R"("requests":4)"));
  for (const char* item : {"cost_type", "token_type"})
    CHECK_FALSE(has(Days({item}).read(
                        entry(R"("1")", R"("1")", "\"" + std::string(item) + R"(":"tokens")", "4")),
                    "\"requests\""));
}

TEST_CASE("a row without a part of its money is set aside, and no other") {
  for (const auto& [amount, list] : {std::pair{"null", R"("1")"},
                                     {R"("1")", "null"},
                                     {R"("12,5")", R"("1")"},
                                     {"{}", R"("1")"},
                                     {R"("1")", R"("NaN")"},
                                     {R"("1e300")", R"("1")"}}) {
    Days days({"product"});
    const std::string documents = days.read(entry(amount, list, R"("product":"chat")") + "," +
                                            entry(R"("7")", R"("8")", R"("product":"cowork")"));
    INFO(amount << " " << list);
    CHECK(count(documents) == 2);
    CHECK(has(documents, R"("kind":"pipeline_error")"));
    CHECK(has(documents, R"("amount_exact":"7")"));
  }
}

TEST_CASE("line items do not count among the dimensions that the API takes") {
  Faults faults;
  const auto value = boost::json::parse(
      R"({"group_by":["api_key_id","cost_type","model","product","service_tier","token_type","workspace_id"]})");
  streams::read_stream_settings(*streams::find("analytics_cost"), value.as_object(), "/x", {},
                                faults);
  CHECK(faults.empty());
  CHECK(streams::find("analytics_cost")->opt_in);
}

}  // namespace
}  // namespace anthropic_metrics::test
