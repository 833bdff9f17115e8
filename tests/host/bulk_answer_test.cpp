// SPDX-License-Identifier: Apache-2.0
// What a store's answer to _bulk means, and whether a stored document is the one that was sent.
#include "outputs/bulk_answer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "catch_failure.hpp"
#include "inflated.hpp"
#include "outputs/bulk_body.hpp"
#include "outputs/stored.hpp"

using namespace anthropic_metrics::host;
using Fate = BulkItem::Fate;

namespace {

std::string answer_of(const std::string& items) {
  return R"({"errors":true,"items":[)" + items + "]}";
}

std::string item(const std::string& id, int status, const std::string& more = "") {
  return R"({"create":{"_index":".ds-x-000001","_id":")" + id + R"(","status":)" +
         std::to_string(status) + more + "}}";
}

std::string error(const std::string& type, const std::string& reason = "why") {
  return R"(,"error":{"type":")" + type + R"(","reason":")" + reason + R"("})";
}

}  // namespace

TEST_CASE("every outcome of a document means one thing") {
  struct Case {
    int status;
    std::string more;
    Fate fate;
  };
  const Case c = GENERATE(
      Case{201, "", Fate::created}, Case{200, "", Fate::created},
      Case{201, R"(,"failure_store":"not_applicable_or_unknown")", Fate::created},
      Case{409, error("version_conflict_engine_exception"), Fate::exists},
      Case{429, error("es_rejected_execution_exception"), Fate::again},
      Case{503, error("unavailable"), Fate::again},
      Case{503, error("unavailable_shards_exception"), Fate::again}, Case{504, "", Fate::again},
      Case{408, error("timeout"), Fate::again}, Case{500, error("exception"), Fate::broken},
      Case{400, error("document_parsing_exception"), Fate::refused},
      Case{400, error("illegal_argument_exception"), Fate::refused},
      Case{400, error("illegal_argument_exception", "pipeline with id [x] does not exist"),
           Fate::blocked},
      Case{400, error("validation_exception", "maximum shards open"), Fate::blocked},
      Case{403, error("security_exception"), Fate::blocked},
      Case{403, error("cluster_block_exception"), Fate::blocked},
      Case{404, error("index_not_found_exception"), Fate::blocked});
  CAPTURE(c.status, c.more);
  const std::string body = answer_of(item("a", c.status, c.more));
  const auto items = parse_bulk_answer(body, {"a"});
  REQUIRE(items.has_value());
  CHECK(items->at(0).fate == c.fate);
  CHECK(items->at(0).status == c.status);
  CHECK(items->at(0).index == ".ds-x-000001");
}

TEST_CASE("a document in the failure store is refused, whatever id it got there") {
  const auto items = parse_bulk_answer(
      answer_of(item("other", 201, R"(,"failure_store":"used")") + "," + item("b", 201)),
      {"a", "b"});
  REQUIRE(items.has_value());
  CHECK(items->at(0).fate == Fate::refused);
  CHECK(items->at(0).type == "failure_store");
  CHECK(items->at(1).fate == Fate::created);
}

TEST_CASE("an answer that does not say what became of each document says nothing") {
  const std::string body = GENERATE(
      std::string(), std::string("<html>fine</html>"), std::string("[]"), std::string("{}"),
      std::string(R"({"errors":false})"), answer_of(""), answer_of(item("a", 201)),
      answer_of(item("b", 201) + "," + item("a", 201)),
      answer_of(item("a", 201) + "," + item("b", 201) + "," + item("c", 201)),
      answer_of(item("a", 201) + R"(,{"index":{"_id":"b","status":201}})"),
      answer_of(item("a", 201) + R"(,{"create":{"_id":"b"}})"),
      answer_of(item("a", 201) + R"(,{"create":{"_id":"b","status":"201"}})"),
      answer_of(item("a", 201) + "," + item("b", 99)), answer_of(item("a", 201) + ",null"));
  CAPTURE(body);
  CHECK_FALSE(parse_bulk_answer(body, {"a", "b"}).has_value());
  const std::string whole = answer_of(item("a", 201) + "," + item("b", 201));
  CHECK(parse_bulk_answer(whole, {"a", "b"}).has_value());
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    REQUIRE_FALSE(parse_bulk_answer(whole.substr(0, cut), {"a", "b"}).has_value());
}

TEST_CASE("a stored document is the one sent if it says all of it, whatever was added") {
  struct Case {
    std::string sent;
    std::string stored;
    std::string differs;  // empty: they are the same
  };
  const Case c = GENERATE(
      Case{R"({"a":1,"b":{"c":"x"}})", R"({"b":{"c":"x","d":2},"a":1,"event":{"ingested":"t"}})",
           ""},
      Case{R"({"a":12.50})", R"({"a":12.5})", ""}, Case{R"({"a":100})", R"({"a":1.0E2})", ""},
      Case{R"({"a":0.1})", R"({"a":0.10000000000000001})", ""}, Case{R"({"a":null})", "{}", ""},
      Case{R"({"a":[1,2]})", R"({"a":[1,2]})", ""}, Case{R"({"a":[1,2]})", R"({"a":[2,1]})", "a"},
      Case{R"({"a":1})", R"({"a":2})", "a"},
      Case{R"({"a":9007199254740993})", R"({"a":9007199254740992})", "a"},
      Case{R"({"a":1})", R"({"a":"1"})", "a"}, Case{R"({"a":{"b":1}})", R"({"a":{}})", "a.b"},
      Case{R"({"z":1,"a":{"b":1,"c":2}})", R"({"z":1,"a":{"b":1,"c":3}})", "a.c"},
      Case{R"({"a":1})", "", "the whole document"}, Case{R"({"a":1})", "[]", "the whole document"});
  CAPTURE(c.sent, c.stored);
  std::string differs;
  CHECK(same_content(c.sent, c.stored, differs) == c.differs.empty());
  CHECK(differs == c.differs);
}

TEST_CASE("a body has two lines for a document, packed or not") {
  const int level = GENERATE(0, 1, 9);
  BulkBody body;
  body.add("metrics-a.b-c", "id\"1", R"({"x":1})");
  body.add("metrics-a.b-c", "id2", R"({"x":2})");
  body.add("metrics-a.d-c", "id3", R"({"x":3})");
  const std::string expected = R"({"create":{"_index":"metrics-a.b-c","_id":"id\"1"}})"
                               "\n{\"x\":1}\n"
                               R"({"create":{"_index":"metrics-a.b-c","_id":"id2"}})"
                               "\n{\"x\":2}\n"
                               R"({"create":{"_index":"metrics-a.d-c","_id":"id3"}})"
                               "\n{\"x\":3}\n";
  CHECK(body.size() == expected.size());
  const auto octets = body.finish(level);
  REQUIRE(octets);
  CHECK((level == 0 ? *octets : anthropic_metrics::test::inflated(*octets)) == expected);
}
