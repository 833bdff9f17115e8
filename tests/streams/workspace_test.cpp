// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "collect/directory.hpp"
#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;

std::string list(const std::string& entries) {
  return R"({"data":[)" + entries + R"(],"has_more":false,"first_id":null,"last_id":null})";
}

std::string workspace(const std::string& id, const std::string& name,
                      const std::string& rest = "") {
  return R"({"id":")" + id + R"(","type":"workspace","name":")" + name + '"' +
         (rest.empty() ? "" : "," + rest) + "}";
}

std::string collected(Collector& collector, const std::string& entries) {
  const auto documents = collector.collect(list(entries));
  if (!documents) FAIL(documents.error().message);
  return *documents;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST_CASE("the list is asked for whole, in large pages, by id") {
  const Collector collector("workspace", {});
  const std::string first = collector.fetcher().request({}, "").target;
  CHECK(first ==
        "/v1/organizations/workspaces?include_archived=true&include_default=true&limit=1000");
  CHECK(collector.fetcher().request({}, "wrkspc_a&b").target == first + "&after_id=wrkspc_a%26b");
}

TEST_CASE("a workspace is told when it changed and once a day") {
  Collector collector("workspace", {});
  CHECK(count(collected(collector, workspace("w1", "One")), "\n") == 1);
  CHECK(collected(collector, workspace("w1", "One")).empty());
  collector.pass(1h);
  CHECK(collected(collector, workspace("w1", "One")).empty());
  CHECK(collected(collector, workspace("w1", "Eins")).find(R"("name":"Eins")") !=
        std::string::npos);
  CHECK(count(collected(collector, workspace("w1", "One")), "\n") == 1);
  collector.pass(24h);
  CHECK(count(collected(collector, workspace("w1", "One")), "\n") == 1);
  CHECK(collected(collector, workspace("w1", "One")).empty());
}

TEST_CASE("a name that comes back on the same day is news with an id of its own") {
  Collector collector("workspace", {});
  const std::string first = collected(collector, workspace("w1", "One"));
  collected(collector, workspace("w1", "Two"));
  const std::string again = collected(collector, workspace("w1", "One"));
  REQUIRE_FALSE(again.empty());
  CHECK(again != first);
}

TEST_CASE("what the list no longer has gets one last document with its last name") {
  Collector collector("workspace", {});
  collected(collector,
            workspace("w1", "One") + "," + workspace("w2", "Two", R"("tags":{"a":"b"})"));
  const std::string last = collected(collector, workspace("w1", "One"));
  CHECK(count(last, "\n") == 1);
  CHECK(last.find(R"("id":"w2","name":"Two","state":"removed","tags":["a:b"])") !=
        std::string::npos);
  collector.pass(48h);
  CHECK(collected(collector, workspace("w1", "One")).find("w2") == std::string::npos);
  CHECK(collector.directory().find("workspace", "w2")->name == "Two");
  // It may come back.
  CHECK(collected(collector, workspace("w1", "One") + "," + workspace("w2", "Two"))
            .find(R"("id":"w2","is_default":false,"name":"Two","state":"live")") !=
        std::string::npos);
}

TEST_CASE("while an entry cannot be read nothing counts as removed") {
  Collector collector("workspace", {});
  collected(collector, workspace("w1", "One") + "," + workspace("w2", "Two"));
  CHECK(collected(collector, workspace("w1", "One") + R"(,{"id":7})").find("removed") ==
        std::string::npos);
  CHECK(collected(collector, workspace("w1", "One")).find("removed") != std::string::npos);
}

TEST_CASE("an odd entry is told once a day, and holds back nobody") {
  Collector collector("workspace", {});
  const std::string both = R"({"id":7},)" + workspace("w1", "One");
  const std::string first = collected(collector, both);
  CHECK(count(first, R"("kind":"pipeline_error")") == 1);
  CHECK(count(first, R"("kind":"metric")") == 1);
  CHECK(collected(collector, both).empty());
  collector.pass(24h);
  CHECK(count(collected(collector, both), R"("kind":"pipeline_error")") == 1);
}

TEST_CASE("geos are a list, also where the API says one word") {
  Collector collector("workspace", {});
  const auto geos = [&](const std::string& value) {
    return collected(
        collector,
        workspace("w1", "One", R"("data_residency":{"allowed_inference_geos":)" + value + "}"));
  };
  CHECK(geos(R"("unrestricted")").find(R"("allowed_inference_geos":["unrestricted"])") !=
        std::string::npos);
  CHECK(geos(R"(["us","global"])").find(R"("allowed_inference_geos":["us","global"])") !=
        std::string::npos);
  CHECK(geos("7").find("allowed_inference_geos expected an array of strings or null") !=
        std::string::npos);
}

TEST_CASE("tags are a list in order of their keys, and an odd one hides no other") {
  Collector collector("workspace", {});
  const std::string told =
      collected(collector, workspace("w1", "One", R"("tags":{"b":"2","a":"1","c":null,"d":3})"));
  CHECK(told.find(R"("tags":["a:1","b:2"])") != std::string::npos);
  CHECK(told.find(".tags.d expected a string") != std::string::npos);
}

TEST_CASE("the default workspace says so") {
  Collector collector("workspace", {});
  const std::string told = collected(
      collector, workspace("w1", "Default") + "," + workspace("w2", "Default2") + "," +
                     workspace("w3", "Default", R"("archived_at":"2026-01-01T00:00:00Z")"));
  CHECK(count(told, R"("is_default":true)") == 1);
  CHECK(told.find(R"("id":"w1","is_default":true)") != std::string::npos);
  CHECK(collector.directory().live_workspaces() == std::vector<std::string>{"w2"});
}

TEST_CASE("ids of keys and compartments are kept nowhere") {
  streams::StreamSettings settings;
  settings.preserve_original_event = true;
  Collector collector("workspace", settings);
  const std::string secret = R"("compartment_id":"secret-1","external_key_id":{"arn":"secret-2"})";
  const std::string told =
      collected(collector, workspace("w1", "One", secret) + "," +
                               workspace("w2", "Two", secret + R"(,"display_color":1)") +
                               R"(,{"id":7,)" + secret + "}," + R"({"id":"w4",)" + secret + ",}");
  CHECK(count(told, "\n") == 5);  // Two rows, and three that are odd.
  CHECK(count(told, R"(\"compartment_id\":\"[withheld]\")") == 4);
  CHECK(told.find("secret-") == std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
