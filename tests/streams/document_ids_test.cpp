// SPDX-License-Identifier: Apache-2.0
// A document's id follows from what it says: for every golden document of a stream whose rows add
// up, and for no other document.
#include "collect/document_ids.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

Settings settings() {
  auto read = read_settings(R"({"admin_api_key":"${KEY}"})");
  REQUIRE(read.has_value());
  return std::move(*read);
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::string id_in(const std::string& document) {
  return std::string(json::parse(document).at("event").at("id").as_string());
}

/// Fixtures of streams whose rows add up.
std::vector<StreamCase> reports() {
  std::vector<StreamCase> found;
  for (const StreamCase& fixture : stream_cases()) {
    const streams::Descriptor& stream = *streams::find(fixture.stream);
    if (stream.snapshot() || stream.observing()) continue;
    if (Collector(fixture.stream, fixture.settings()).fetcher().layout().gauges) continue;
    found.push_back(fixture);
  }
  return found;
}

TEST_CASE("the id of every golden document follows from its content") {
  const Settings any = settings();
  DocumentIds ids(any);
  std::size_t documents = 0, corrections = 0, odd = 0;
  for (const StreamCase& fixture : reports()) {
    INFO("fixture " << fixture.name());
    for (const std::string& line : lines(fixture.read("documents.ndjson"))) {
      INFO(line);
      const auto id = ids.id_of(fixture.stream, line);
      if (!id) FAIL(id.error().message);
      CHECK(*id == id_in(line));
      ++documents;
      if (line.find("\"pipeline_error\"") != std::string::npos) ++odd;
      if (line.find("\"total") != std::string::npos) ++corrections;
    }
  }
  CHECK(documents > 50);
  CHECK(corrections > 5);
  CHECK(odd > 3);
}

TEST_CASE("another measure in a correction, or another dimension in any document, is another id") {
  const Settings any = settings();
  DocumentIds ids(any);
  for (const StreamCase& fixture : reports()) {
    INFO("fixture " << fixture.name());
    for (const std::string& line : lines(fixture.read("documents.ndjson"))) {
      INFO(line);
      json::value changed = json::parse(line);
      if (changed.at("event").at("kind").as_string() != "metric") continue;
      json::object& body = changed.at("anthropic").at(fixture.stream).as_object();
      const bool correction = body.at("revision").as_int64() > 0;
      for (auto& member : body) {
        // Of money the exact text counts.
        const bool money = body.contains(std::string(member.key()) + "_exact");
        if (!member.value().is_int64() || member.key() == "revision" || money) continue;
        const auto before = member.value();
        member.value() = before.get_int64() + 1;
        const auto id = ids.id_of(fixture.stream, json::serialize(changed));
        REQUIRE(id.has_value());
        CHECK((*id != id_in(line)) == correction);
        member.value() = before;
      }
      changed.at("organization").as_object()["id"] = "another";
      const auto id = ids.id_of(fixture.stream, json::serialize(changed));
      REQUIRE(id.has_value());
      CHECK(*id != id_in(line));
    }
  }
}

TEST_CASE("what is no document of a row that adds up has no such id, and the reason is told") {
  const Settings any = settings();
  DocumentIds ids(any);
  const auto refusal = [&](std::string_view stream, std::string_view document) {
    const auto id = ids.id_of(stream, document);
    REQUIRE_FALSE(id.has_value());
    CHECK(id.error().code == Errc::argument);
    return id.error().message;
  };
  CHECK(refusal("nothing", "{}") == "there is no stream nothing");
  CHECK(refusal("usage", "{") == "\"{\" is no JSON object");
  CHECK(refusal("usage", "[1]") == "\"[1]\" is no JSON object");
  CHECK(refusal("usage", R"({"anthropic":{"cost":{}}})") ==
        R"("{"anthropic":{"cost":{}}}" is no document of usage: it has no anthropic.usage)");
  CHECK(refusal("usage", R"({"anthropic":{"usage":{}}})") ==
        "the document does not say its organization or its data set");
  const auto of_usage = [&](const std::string& members) {
    return refusal("usage",
                   R"({"organization":{"id":"o"},"event":{"dataset":"d"},"anthropic":{"usage":{)" +
                       members + "}}}");
  };
  CHECK(of_usage(R"("bucket_width":"2h")") ==
        "usage has no rows of 2h []: its buckets are of 1h, 1m, 1d");
  CHECK(of_usage(R"("bucket_width":"1h","group_by":3)") ==
        "anthropic.usage.group_by is 3: expected a list of dimensions");
  CHECK(of_usage(R"("bucket_width":"1h","bucket_start_time":"never")") ==
        "anthropic.usage.bucket_start_time is \"never\": expected the start of a bucket");
  const std::string start = R"("bucket_width":"1h","bucket_start_time":"2026-09-01T00:00:00Z",)";
  CHECK(of_usage(start + R"("model":"m")") ==
        "anthropic.usage.model is \"m\": expected no such dimension where rows are grouped by []");
  CHECK(of_usage(start + R"("revision":-1)") ==
        "anthropic.usage.revision is -1: expected a whole number of 0 or more");
  CHECK(of_usage(start + R"("revision":1)") ==
        "anthropic.usage.total is missing: expected what the row adds up to, as every correction "
        "says it");
  for (const StreamCase& fixture : stream_cases()) {
    const streams::Descriptor& stream = *streams::find(fixture.stream);
    if (!stream.snapshot() && fixture.stream != "analytics_summary") continue;
    INFO("fixture " << fixture.name());
    for (const std::string& line : lines(fixture.read("documents.ndjson")))
      refusal(fixture.stream, line);
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
