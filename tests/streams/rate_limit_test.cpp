// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>
#include <set>

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

/// How many documents are of that kind.
std::size_t of_kind(const std::string& documents, const std::string& kind) {
  std::size_t found = 0;
  const std::string member = "\"kind\":\"" + kind + "\"";
  for (std::size_t at = 0; (at = documents.find(member, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST_CASE("an odd limit is set aside with its entry, and hides nothing else") {
  struct Case {
    const char* limits;
    const char* expected;
  };
  const std::string good =
      R"({"type":"rate_limit","group_type":"g","limits":[{"type":"requests_per_minute","value":50}]},)";
  for (const Case& c : {
           Case{R"([{"type":"a","value":-1}])",
                "limits[0].value expected a whole number of 0 or more, found -1"},
           Case{R"([{"type":"a","value":"unlimited"}])",
                "limits[0].value expected a whole number of 0 or more, found \\\"unlimited\\\""},
           Case{R"([{"type":"a","value":0.5}])", "limits[0].value expected a whole number"},
           Case{R"([{"type":"a","value":9223372036854775808}])",
                "limits[0].value expected a whole number"},
           Case{R"([{"type":"a","value":[1]}])", "limits[0].value expected a whole number"},
           Case{R"([{"type":1,"value":1}])", "limits[0].type expected a string"},
           Case{R"([{"value":1}])", "limits[0].type expected a string"},
           Case{R"([7])", "limits[0] expected an object"},
           Case{"{}", "limits expected an array"},
           Case{"null", "limits expected an array"},
       }) {
    INFO("limits " << c.limits);
    const std::string odd =
        R"({"type":"rate_limit", "group_type":"odd","limits":)" + std::string(c.limits) + "}";
    const auto documents = collect(good + odd);
    REQUIRE(documents);
    CHECK(documents->find("\"requests_per_minute\":50,") != std::string::npos);
    CHECK(of_kind(*documents, "metric") == 2);
    REQUIRE(of_kind(*documents, "pipeline_error") == 1);
    CHECK(documents->find(std::string("\"message\":\"$.data[1].") + c.expected) !=
          std::string::npos);
    // As it was written, blank included.
    CHECK(documents->find(R"("original":"{\"type\":\"rate_limit\", \"group_type\":\"odd\")") !=
          std::string::npos);
  }
}

TEST_CASE("the limits beside an odd one stay") {
  const auto documents = collect(
      R"({"type":"rate_limit","group_type":"g","limits":[{"type":"tokens_per_day","value":"unlimited"},{"type":"fast_otpm","value":9007199254740993.0}]})");
  REQUIRE(documents);
  CHECK(documents->find(R"("fast_otpm":9007199254740993,)") != std::string::npos);
  CHECK(documents->find(R"("limits":[{"type":"fast_otpm","value":9007199254740993}])") !=
        std::string::npos);
  CHECK(documents->find("\"tokens_per_day\":") == std::string::npos);
}

TEST_CASE("an entry of which nobody can say whose it is is set aside whole") {
  struct Case {
    const char* entry;
    const char* expected;
  };
  for (const Case& c : {
           Case{R"({"models":"m","limits":[]})", "$.data[0].models expected an array"},
           Case{R"({"models":[1],"limits":[]})", "$.data[0].models[0] expected a string"},
           Case{R"({"group":{"id":5},"limits":[]})", "$.data[0].group.id expected a string"},
           Case{R"({"group":"g","limits":[]})", "$.data[0].group expected an object"},
           Case{"7", "$.data[0] expected an object"},
           Case{"[]", "$.data[0] expected an object"},
           Case{"null", "$.data[0] expected an object"},
       }) {
    const auto documents = collect(c.entry);
    INFO("entry " << c.entry);
    REQUIRE(documents);
    CHECK(of_kind(*documents, "metric") == 0);
    CHECK(of_kind(*documents, "pipeline_error") == 1);
    CHECK(documents->find(std::string("\"message\":\"") + c.expected) != std::string::npos);
  }
}

TEST_CASE("a byte order mark before the list says nothing") {
  const std::string entry = R"({"type":"rate_limit","group_type":"x","limits":[]})";
  for (const std::size_t piece : {1u, 2u, 4096u}) {
    const auto documents = Collector("rate_limit", {}).collect("\xEF\xBB\xBF" + list(entry), piece);
    REQUIRE(documents);
    CHECK(*documents == *collect(entry));
  }
}

TEST_CASE("each documented limiter has a field of its own") {
  for (const char* limiter :
       {"requests_per_minute", "input_tokens_per_minute", "input_tokens_per_minute_cache_aware",
        "output_tokens_per_minute", "enqueued_batch_requests", "fast_itpmca", "fast_otpm",
        "tokens_per_minute", "tokens_per_day", "tool_uses_per_second"}) {
    const auto documents = collect(R"({"type":"rate_limit","group_type":"x","limits":[{"type":")" +
                                   std::string(limiter) + R"(","value":25}]})");
    REQUIRE(documents);
    CHECK(documents->find("\"" + std::string(limiter) + "\":25") != std::string::npos);
  }
}

TEST_CASE("an integral double is a limit") {
  const auto documents = collect(
      R"({"type":"rate_limit","group_type":"x","limits":[{"type":"requests_per_minute","value":4.0e3}]})");
  REQUIRE(documents);
  CHECK(documents->find("\"requests_per_minute\":4000,") != std::string::npos);
}

constexpr const char* workspace = "wrkspc_01InventedWorkspace00001";

/// What a workspace's list of that one entry becomes.
std::string of_workspace(const std::string& members, const std::string& id = workspace) {
  const auto documents =
      Collector("rate_limit", {}).collect_workspace(id, list("{" + members + "}"));
  REQUIRE(documents);
  return *documents;
}

TEST_CASE("what is in force in a workspace equals the golden file") {
  for (const StreamCase& fixture : snapshot_parts("rate_limit", "workspace.json")) {
    Collector collector("rate_limit", fixture.settings());
    const auto documents = collector.collect_workspace(workspace, fixture.read("workspace.json"));
    REQUIRE(documents);
    check_golden(fixture, *documents);
  }
}

TEST_CASE("a workspace is asked for what it inherits too") {
  const Collector collector("rate_limit", {});
  const auto part = collector.fetcher().of_workspace(workspace);
  REQUIRE(part != nullptr);
  CHECK(part->request({}, "").target == "/v1/organizations/workspaces/" + std::string(workspace) +
                                            "/rate_limits?include_inherited=true");
  CHECK(part->request({}, "p").target.ends_with("?include_inherited=true&page=p"));
  CHECK(part->of_workspace(workspace) == nullptr);
  for (const char* odd : {"", "a/b", "../me", "a?b", "a b", "a%2Fb", "\xC3\xA9"})
    CHECK(collector.fetcher().of_workspace(odd) == nullptr);
}

TEST_CASE("the lower of a workspace's value and the organization's is in force") {
  const std::string group = R"("group":{"type":"batch","id":"rlg_1"},"limits":)";
  const auto limit = [&](const std::string& one) { return of_workspace(group + "[" + one + "]"); };
  struct Case {
    const char* limit;
    const char* flat;
    const char* list;
  };
  for (
      const Case& c : {
          Case{
              R"({"type":"requests_per_minute","value":5,"org_limit":9,"source":{"type":"workspace"}})",
              "\"requests_per_minute\":5,",
              R"({"effective":5,"organization_value":9,"source":"workspace","type":"requests_per_minute","value":5})"},
          Case{
              R"({"type":"requests_per_minute","value":9,"org_limit":5,"source":{"type":"workspace"}})",
              "\"requests_per_minute\":5,",
              R"({"effective":5,"organization_value":5,"source":"workspace","type":"requests_per_minute","value":9})"},
          Case{R"({"type":"requests_per_minute","value":9,"org_limit":null})",
               "\"requests_per_minute\":9,",
               R"({"effective":9,"type":"requests_per_minute","value":9})"},
          Case{
              R"({"type":"tokens_per_day","value":0,"org_limit":7,"source":{"type":"x"}})",
              "\"tokens_per_day\":0,",
              R"({"effective":0,"organization_value":7,"source":"x","type":"tokens_per_day","value":0})"},
      }) {
    CAPTURE(c.limit);
    const std::string document = limit(c.limit);
    CHECK(document.find(c.flat) != std::string::npos);
    CHECK(document.find(c.list) != std::string::npos);
    CHECK(of_kind(document, "pipeline_error") == 0);
    CHECK(document.find(R"("scope":"workspace")") != std::string::npos);
    CHECK(document.find(R"("workspace_id":")" + std::string(workspace) + "\"") !=
          std::string::npos);
  }
}

TEST_CASE("a workspace without limits of its own that the API lists none for is nothing") {
  const auto documents = Collector("rate_limit", {}).collect_workspace(workspace, list(""));
  REQUIRE(documents);
  CHECK(documents->empty());
}

TEST_CASE("an odd limit of a workspace is told, and the others hold") {
  struct Case {
    const char* limits;
    const char* says;
  };
  const std::string good = R"({"type":"fast_otpm","value":5,"org_limit":9})";
  for (const Case& c : {
           Case{R"({"type":"a","value":1,"org_limit":"many"})", "limits[0].org_limit expected"},
           Case{R"({"type":"a","value":1,"source":"workspace"})", "limits[0].source expected"},
           Case{R"({"type":"a","value":1,"source":{"type":7}})", "limits[0].source expected"},
           Case{R"({"type":"a","value":[1]})", "limits[0].value expected"},
       }) {
    CAPTURE(c.limits);
    const std::string documents =
        of_workspace(R"("group":{"type":"batch","id":"rlg_1"},"limits":[)" + std::string(c.limits) +
                     "," + good + "]");
    CHECK(documents.find("\"fast_otpm\":5,") != std::string::npos);
    CHECK(of_kind(documents, "metric") == 1);
    CHECK(of_kind(documents, "pipeline_error") == 1);
    CHECK(documents.find(c.says) != std::string::npos);
  }
}

TEST_CASE("an entry of another workspace is set aside") {
  const std::string documents =
      of_workspace(R"("workspace_id":"wrkspc_other","group":{"type":"batch"},"limits":[])");
  CHECK(of_kind(documents, "metric") == 0);
  CHECK(documents.find("is not the workspace that was asked for") != std::string::npos);
}

TEST_CASE("one group of two workspaces and of the organization is three documents") {
  const std::string entry =
      R"("group":{"type":"batch","id":"rlg_1"},"rate_limit_id":"rl_1","limits":[])";
  std::set<std::string> ids;
  const auto id_of = [](const std::string& document) {
    return document.substr(document.find("\"id\":\"", document.find("\"event\"")) + 6, 22);
  };
  ids.insert(id_of(of_workspace(entry)));
  ids.insert(id_of(of_workspace(entry, "wrkspc_other")));
  ids.insert(id_of(*collect("{" + entry + "}")));
  CHECK(ids.size() == 3);
}

}  // namespace
}  // namespace anthropic_metrics::test
