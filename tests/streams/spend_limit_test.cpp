// SPDX-License-Identifier: Apache-2.0
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

/// The documents of a list of entries, a line each.
std::vector<json::object> collect(const std::string& entries) {
  const auto lines =
      Collector("spend_limit", {}).collect(R"({"data":[)" + entries + R"(],"next_page":null})");
  REQUIRE(lines);
  std::vector<json::object> documents;
  for (std::string_view rest = *lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1))
    documents.push_back(json::parse(json::string_view(rest.data(), rest.find('\n'))).as_object());
  return documents;
}

std::string entry(const std::string& members) {
  return R"({"id":"spl_1","currency":"USD","period":"monthly","scope":{"type":"organization"},)" +
         members + "}";
}

const json::object& limit_in(const json::object& document) {
  return document.at("anthropic").as_object().at("spend_limit").as_object();
}

std::string_view kind(const json::object& document) {
  return std::string_view(document.at("event").as_object().at("kind").as_string());
}

TEST_CASE("spend limits are asked for with their beta, in pages of the API's maximum") {
  const Collector collector("spend_limit", {});
  const auto request = collector.fetcher().request({}, "page_2");
  CHECK(request.target == "/v1/organizations/spend_limits?limit=1000&page=page_2");
  REQUIRE(request.headers.size() == 2);
  CHECK(request.headers[0].name == "anthropic-version");
  CHECK(request.headers[1].name == "anthropic-beta");
  CHECK(request.headers[1].value == "spend-limit-reads-2026-09-26");
}

TEST_CASE("an amount is whole minor units, exactly") {
  for (const char* amount : {R"("9007199254740993")", "9007199254740993", "9007199254740993.0",
                             R"("9007199254740993.000")"}) {
    CAPTURE(amount);
    const auto documents = collect(entry(R"("amount":)" + std::string(amount)));
    REQUIRE(documents.size() == 1);
    CHECK(limit_in(documents[0]).at("amount").as_int64() == 9007199254740993);
    CHECK(limit_in(documents[0]).at("capped").as_bool());
  }
}

TEST_CASE("an amount of null is no cap, and of zero a cap") {
  const auto documents = collect(entry(R"("amount":null)") + "," + entry(R"("amount":"0")"));
  REQUIRE(documents.size() == 2);
  CHECK_FALSE(limit_in(documents[0]).contains("amount"));
  CHECK_FALSE(limit_in(documents[0]).at("capped").as_bool());
  CHECK(limit_in(documents[1]).at("amount").as_int64() == 0);
  CHECK(limit_in(documents[1]).at("capped").as_bool());
}

TEST_CASE("an odd member is told beside the limit, which keeps the rest") {
  struct Case {
    const char* members;
    const char* says;
    const char* lost;
  };
  for (const Case& c : {
           Case{R"("amount":"500.5")", ".amount expected whole minor units", "amount"},
           Case{R"("amount":"-5")", ".amount expected whole minor units", "amount"},
           Case{R"("amount":"unlimited")", ".amount expected whole minor units", "amount"},
           Case{R"("amount":"")", ".amount expected whole minor units", "amount"},
           Case{R"("amount":"99999999999999999999")", ".amount expected whole", "amount"},
           Case{R"("amount":500.5)", ".amount expected a whole number", "amount"},
           Case{R"("amount":[1])", ".amount expected a whole number", "amount"},
           Case{R"("x":1)", ".amount is missing", "amount"},
           Case{R"("amount":"1","is_enabled":"yes")", ".is_enabled expected true", "enabled"},
           Case{R"("amount":"1","created_at":"soon")", ".created_at expected a time", "created_at"},
           Case{R"("amount":"1","updated_at":7)", ".updated_at expected a string", "updated_at"},
       }) {
    CAPTURE(c.members);
    const auto documents = collect(entry(c.members));
    REQUIRE(documents.size() == 2);
    CHECK(kind(documents[0]) == "metric");
    CHECK(limit_in(documents[0]).at("id").as_string() == "spl_1");
    CHECK(limit_in(documents[0]).at("period").as_string() == "monthly");
    CHECK_FALSE(limit_in(documents[0]).contains(c.lost));
    CHECK(kind(documents[1]) == "pipeline_error");
    const auto& message = documents[1].at("error").as_object().at("message").as_string();
    CHECK(std::string_view(message).find(c.says) != std::string_view::npos);
  }
}

TEST_CASE("a scope that is none is told, and the limit is kept") {
  for (const char* scope : {R"("organization")", "null", "{}", R"({"type":7})", "[]"}) {
    CAPTURE(scope);
    const auto documents =
        collect(R"({"id":"spl_1","amount":"1","scope":)" + std::string(scope) + "}");
    REQUIRE(documents.size() == 2);
    CHECK(limit_in(documents[0]).at("amount").as_int64() == 1);
    CHECK_FALSE(limit_in(documents[0]).contains("scope"));
    CHECK(kind(documents[1]) == "pipeline_error");
  }
}

TEST_CASE("a limit without an id is set aside, and hides no other") {
  const auto documents = collect(R"({"id":null,"amount":"1","scope":{"type":"user"}},)" +
                                 entry(R"("amount":"2")") + R"(,7,"x")");
  REQUIRE(documents.size() == 4);
  CHECK(kind(documents[0]) == "metric");
  CHECK(limit_in(documents[0]).at("amount").as_int64() == 2);
  for (std::size_t i = 1; i < 4; ++i) CHECK(kind(documents[i]) == "pipeline_error");
}

TEST_CASE("a scope nobody knows is kept by its name, and what it names is not") {
  const auto documents =
      collect(R"({"id":"spl_1","amount":"1","scope":{"type":"fleet","fleet_id":"f"}})");
  REQUIRE(documents.size() == 1);
  CHECK(limit_in(documents[0]).at("scope").as_string() == "fleet");
  CHECK_FALSE(limit_in(documents[0]).contains("fleet_id"));
}

}  // namespace
}  // namespace anthropic_metrics::test
