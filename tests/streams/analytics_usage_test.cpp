// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>

#include "base/time_text.hpp"
#include "net/url.hpp"
#include "settings/stream_config.hpp"
#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

streams::StreamSettings settings(std::vector<std::string> group_by,
                                 streams::PersonalData personal = streams::PersonalData::none) {
  streams::StreamSettings settings;
  settings.bucket_width = "1h";
  settings.group_by = std::move(group_by);
  settings.personal = streams::Personal(personal, std::string(32, 'k'));
  return settings;
}

streams::Window hours(int from, int to) {
  const auto time = [](int hour) {
    return *parse_rfc3339("2026-11-26T" + std::string(hour < 10 ? "0" : "") + std::to_string(hour) +
                          ":00:00Z");
  };
  return {time(from), time(to)};
}

std::string entry(const std::string& group, const std::string& requests = "1",
                  const std::string& tokens = "5") {
  return R"({"starting_at":"2026-11-26T06:00:00Z","ending_at":"2026-11-26T07:00:00Z","group":{)" +
         group + R"(},"usage":{"uncached_input_tokens":)" + tokens +
         R"(,"cache_read_input_tokens":0,"output_tokens":0,"total_tokens":5,"requests":)" +
         requests + "}}";
}

std::string page(const std::string& entries) {
  return R"({"data":[)" + entries + R"(],"has_more":false,"next_page":null,)" +
         R"("data_refreshed_at":"2026-11-26T12:00:00Z"})";
}

std::string collect(const streams::StreamSettings& settings, const std::string& entries) {
  Collector collector("analytics_usage", settings);
  collector.ask(hours(6, 8));
  const auto documents = collector.collect(page(entries));
  REQUIRE(documents);
  return *documents;
}

constexpr const char* ann =
    R"("actor":{"type":"user_actor","user_id":"user_1","name":"Ann","email_address":"ann@example.org","deleted":false})";

bool has(const std::string& documents, const std::string& text) {
  return documents.find(text) != std::string::npos;
}

std::ptrdiff_t count(const std::string& documents) {
  return std::count(documents.begin(), documents.end(), '\n');
}

TEST_CASE("a report of analytics is asked for in order of time, with its beta header") {
  const Collector collector("analytics_usage", settings({"actor", "model"}));
  const net::Request request = collector.fetcher().request(hours(6, 12), "p 1", 7);
  CHECK(request.target ==
        "/v1/organizations/analytics/usage?starting_at=2026-11-26T06%3A00%3A00Z&"
        "ending_at=2026-11-26T12%3A00%3A00Z&time_bucket_width=1h&group_by[]=actor&"
        "group_by[]=model&order_by=time&order=asc&limit=7&page=p%201");
  REQUIRE(request.headers.size() == 2);
  CHECK(request.headers[1].name == "anthropic-beta");
  CHECK(request.headers[1].value == "analytics-usage-cost-2026-08-24");
}

TEST_CASE("a window has 31 days at most, of minutes one") {
  for (const auto& [width, most] : {std::pair{"1m", 1440}, {"1h", 744}, {"1d", 31}}) {
    streams::StreamSettings asked = settings({});
    asked.bucket_width = width;
    CHECK(Collector("analytics_usage", asked).fetcher().most_buckets() == most);
  }
}

TEST_CASE("a person is shown as personal_data allows, and known by the id") {
  const std::string none = collect(settings({"actor"}), entry(ann));
  CHECK(has(none, R"("actor_id":"user_1","actor_type":"user_actor")"));
  CHECK_FALSE(has(none, "Ann"));
  CHECK_FALSE(has(none, "ann@"));
  CHECK_FALSE(has(none, "actor_name"));

  const std::string hashed =
      collect(settings({"actor"}, streams::PersonalData::hashed), entry(ann));
  CHECK(has(hashed, R"("actor_email":")"));
  CHECK_FALSE(has(hashed, "ann@"));

  const std::string full = collect(settings({"actor"}, streams::PersonalData::full), entry(ann));
  CHECK(has(full, R"("actor_email":"ann@example.org","actor_id":"user_1","actor_name":"Ann")"));
}

TEST_CASE("a federated identity is an id that may say who it is") {
  const std::string actor =
      R"("actor":{"type":"federated_actor","subject":"ann@corp","provider":{"type":"oidc"}})";
  CHECK_FALSE(has(collect(settings({"actor"}), entry(actor)), "ann@corp"));
  CHECK(has(collect(settings({"actor"}, streams::PersonalData::full), entry(actor)),
            R"("actor_id":"ann@corp","actor_type":"federated_actor")"));
}

TEST_CASE("a rename makes no correction") {
  Collector collector("analytics_usage", settings({"actor"}, streams::PersonalData::full));
  collector.ask(hours(6, 8));
  REQUIRE(collector.collect(page(entry(ann))));
  std::string renamed = entry(ann);
  renamed.replace(renamed.find("\"Ann\""), 5, "\"Anne\"");
  CHECK(*collector.collect(page(renamed)) == "");
}

TEST_CASE("actor and actor_type together are one column") {
  const std::string documents =
      collect(settings({"actor", "actor_type"}),
              entry(R"("actor":null,"actor_type":"api_actor")") + "," +
                  entry(std::string(ann) + R"(,"actor_type":"user_actor")"));
  CHECK(has(documents, R"("actor_type":"api_actor")"));
  CHECK(has(documents, R"("actor_id":"user_1","actor_type":"user_actor")"));
}

TEST_CASE("what null means is said where it says something") {
  const std::string documents = collect(
      settings({"api_key_id", "inference_geo", "product", "workspace_id"}),
      entry(R"("api_key_id":null,"inference_geo":null,"product":null,"workspace_id":null)"));
  CHECK(has(documents, R"("api_key_source":"none")"));
  CHECK(has(documents, R"("inference_geo":"not_available")"));
  CHECK_FALSE(has(documents, R"("product":)"));
  CHECK_FALSE(has(documents, R"("Default")"));
}

TEST_CASE("requests that nobody counted are not 0") {
  CHECK_FALSE(has(collect(settings({}), entry("", "null")), R"("requests")"));
  CHECK(has(collect(settings({}), entry("", "3")), R"("requests":3)"));
}

TEST_CASE("a group or an actor that cannot be read is nobody's row") {
  for (const char* group : {R"("actor":"x")", R"("actor":{"type":7})",
                            R"("actor":{"type":"user_actor","user_id":7})"}) {
    Collector collector("analytics_usage", settings({"actor"}));
    collector.ask(hours(6, 8));
    REQUIRE(collector.collect(page(entry(ann))));
    const auto documents = collector.collect(page(entry(group)));
    REQUIRE(documents);
    INFO(group);
    CHECK(count(*documents) == 1);
    CHECK(has(*documents, R"("kind":"pipeline_error")"));
  }
}

TEST_CASE("an original is withheld where it may say who a person is") {
  streams::StreamSettings keep = settings({"actor"});
  keep.preserve_original_event = true;
  const std::string documents = collect(keep, entry(ann));
  CHECK(has(documents, R"("original":")"));
  CHECK_FALSE(has(documents, "ann@"));
  CHECK_FALSE(has(documents, "Ann\\\""));
}

Faults faults_of(const std::string& group_by) {
  Faults faults;
  const auto value = boost::json::parse(R"({"group_by":[)" + group_by + "]}");
  streams::read_stream_settings(*streams::find("analytics_usage"), value.as_object(),
                                "/streams/analytics_usage", {}, faults);
  return faults;
}

TEST_CASE("more dimensions than the API takes are refused by name, and those that break sums") {
  CHECK(faults_of(R"("actor","api_key_id","model","product","speed")").empty());
  const Faults many = faults_of(R"("actor","api_key_id","model","product","speed","session_id")");
  REQUIRE(many.size() == 1);
  CHECK(has(many[0], "at most 5 dimensions"));
  CHECK(has(many[0], "actor, api_key_id, model, product, session_id, speed; remove 1"));
  const Faults overlapping = faults_of(R"("rbac_group_id","model")");
  REQUIRE(overlapping.size() == 1);
  CHECK(has(overlapping[0], "rows by rbac_group_id overlap"));
}

}  // namespace
}  // namespace anthropic_metrics::test
