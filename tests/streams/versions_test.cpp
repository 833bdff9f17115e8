// SPDX-License-Identifier: Apache-2.0
// The API's versions: under 2026-10-21 entries of rate limits have no group_type and keys no
// workspace_id any more. What is collected is the same.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

constexpr std::string_view older = "2023-06-01", newer = "2026-10-21";

/// Members of entries that are gone in the newer version, by stream.
const std::map<std::string, std::string>& gone() {
  static const std::map<std::string, std::string> members{{"rate_limit", "group_type"},
                                                          {"api_key", "workspace_id"}};
  return members;
}

/// The answer as the newer version gives it. An entry that says it nowhere else keeps it: no
/// version was silent about it.
std::string under_newer(const std::string& stream, const std::string& answer) {
  const auto found = gone().find(stream);
  if (found == gone().end()) return answer;
  json::value whole = json::parse(answer);
  for (json::value& entry : whole.at("data").as_array()) {
    json::object& members = entry.as_object();
    const char* instead = stream == "rate_limit" ? "group" : "scope";
    if (members.contains(instead) && members[instead].is_object()) members.erase(found->second);
  }
  return json::serialize(whole);
}

TEST_CASE("every stream asks in the version that is set") {
  for (const streams::Descriptor& stream : streams::all()) {
    if (stream.make == nullptr) continue;
    for (const auto version : {older, newer}) {
      for (const StreamCase& fixture : stream_cases(stream.name)) {
        INFO("fixture " << fixture.name());
        const Collector collector(fixture.stream, fixture.settings(), version);
        const streams::Window window{Instant(std::chrono::hours(24)),
                                     Instant(std::chrono::hours(48))};
        const auto request = collector.fetcher().request(window, "");
        REQUIRE_FALSE(request.headers.empty());
        CHECK(request.headers[0].name == "anthropic-version");
        CHECK(request.headers[0].value == version);
      }
    }
  }
}

TEST_CASE("both versions become the same documents") {
  std::size_t differing = 0;
  for (const StreamCase& fixture : stream_cases()) {
    if (streams::find(fixture.stream)->make == nullptr) continue;
    if (fixture.settings().preserve_original_event) continue;  // It holds the answer itself.
    INFO("fixture " << fixture.name());
    Collector before(fixture.stream, fixture.settings(), older);
    Collector after(fixture.stream, fixture.settings(), newer);
    if (before.fetcher().shape() == streams::Shape::rows) {
      before.ask(fixture.window());
      after.ask(fixture.window());
    }
    for (const std::string& answer : fixture.answers()) {
      const std::string changed = under_newer(fixture.stream, answer);
      if (json::parse(changed) != json::parse(answer)) ++differing;
      const auto first = before.collect(answer), second = after.collect(changed);
      REQUIRE(first);
      REQUIRE(second);
      CHECK(*first == *second);
    }
  }
  CHECK(differing > 0);  // So the fixtures have what is gone.
}

TEST_CASE("a workspace's limits are the same under both versions") {
  for (const StreamCase& fixture : snapshot_parts("rate_limit", "workspace.json")) {
    const std::string answer = fixture.read("workspace.json");
    json::value before = json::parse(answer);
    for (json::value& entry : before.at("data").as_array())
      entry.as_object()["group_type"] = entry.at("group").at("type");
    const std::string id(before.at("data").at(0).at("workspace_id").as_string());
    const auto first =
        Collector("rate_limit", {}, older).collect_workspace(id, json::serialize(before));
    const auto second = Collector("rate_limit", {}, newer).collect_workspace(id, answer);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(*first == *second);
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
