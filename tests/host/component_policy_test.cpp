// SPDX-License-Identifier: Apache-2.0
// An input's item as an Elastic Agent hands it over, read as a policy.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "agent/unit_policy.hpp"
#include "outputs/file.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

const std::filesystem::path work_folder =
    "/opt/Elastic/Agent/data/elastic-agent-9.4.2-abcdef/run/anthropic_metrics-default";

// As Fleet's items are: what the Agent owns, revisions, marks of what to redact, numbers as
// numbers.
json::object item(std::string_view more = "{}") {
  json::object source = json::parse(R"({
    "id": "anthropic_metrics-1", "name": "claude", "type": "anthropic_metrics", "revision": 7,
    "package_policy_id": "p-1", "policy": {"revision": 12}, "use_output": "default",
    "meta": {"package": {"name": "anthropic_metrics", "version": "0.1.0"}},
    "data_stream": {"namespace": "prod"},
    "admin_api_key": "sk-ant-admin01-canary", "__mark_redact_admin_api_key": true,
    "streams": [
      {"id": "s-usage", "data_stream": {"dataset": "anthropic_metrics.usage", "type": "metrics"},
       "bucket_width": "1h", "__mark_redact_x": true, "batch": {"max_documents": 100}},
      {"id": "s-cost", "data_stream": {"dataset": "anthropic_metrics.cost", "type": "metrics"}}]})")
                            .as_object();
  const json::value changes = json::parse(more);
  for (const auto& member : changes.as_object()) source[member.key()] = member.value();
  return source;
}

struct Read {
  ComponentSettings settings;
  ParsedPolicy parsed;
  std::vector<Fault> faults;
};

Read read(json::object source, const std::optional<json::object>& store = {}) {
  Read all;
  all.settings = take_settings(source, work_folder, all.faults);
  all.parsed = parse_unit(std::move(source), store, all.settings);
  for (const Fault& fault : all.parsed.faults) all.faults.push_back(fault);
  return all;
}

std::string first_fault(std::string_view more) {
  const Read all = read(item(more));
  return all.faults.empty() ? "" : sentence_of(all.faults.front());
}

}  // namespace

TEST_CASE("component: an item of Fleet is an input that writes files below the Agent's data") {
  const Read all = read(item());
  REQUIRE(all.faults.empty());
  REQUIRE(all.parsed.policy.inputs.size() == 1);
  const Input& input = all.parsed.policy.inputs.front();
  CHECK(input.id == "anthropic_metrics-1");
  CHECK(input.data_namespace == "prod");
  CHECK(json::serialize(input.settings) == R"({"admin_api_key":"sk-ant-admin01-canary"})");
  REQUIRE(input.streams.has_value());
  REQUIRE(input.streams->size() == 2);
  CHECK(input.streams->front().name == "usage");
  CHECK(
      json::serialize(input.streams->front().settings) ==
      R"({"bucket_width":"1h","batch":{"max_documents":100},"dataset":"anthropic_metrics.usage"})");
  CHECK(all.settings.state_path == "/opt/Elastic/Agent/data/anthropic_metrics");
  REQUIRE(input.output != nullptr);
  CHECK(input.output->type() == "file");
  CHECK(input.output->folder() == "/opt/Elastic/Agent/data/anthropic_metrics/documents");
  CHECK(all.parsed.policy.notes.empty());
}

TEST_CASE("component: another revision of the policy is the same work") {
  const json::object source = item();
  json::object next = item(R"({"revision": 8, "policy": {"revision": 13}})");
  const Read a = read(source);
  const Read b = read(next);
  CHECK(a.settings == b.settings);
  CHECK(a.parsed.policy.inputs.front().settings == b.parsed.policy.inputs.front().settings);
  CHECK(same(a.parsed.policy.inputs.front().output, b.parsed.policy.inputs.front().output));
}

TEST_CASE("component: what looks like a variable after the Agent replaced them is text") {
  const Read all = read(item(R"({"user_agent": "a ${HOME} b $${X}"})"));
  REQUIRE(all.faults.empty());
  CHECK(all.parsed.policy.inputs.front().settings.at("user_agent").as_string() ==
        "a ${HOME} b $${X}");
}

TEST_CASE("component: its own settings are taken, and a wrong one is told with its remedy") {
  const Read all =
      read(item(R"({"state_path": "/var/lib/am", "write_to": "files", "self_update": "no"})"));
  REQUIRE(all.faults.empty());
  CHECK(all.settings.state_path == "/var/lib/am");
  CHECK_FALSE(all.settings.self_update);
  CHECK_THAT(first_fault(R"({"write_to": "kafka"})"),
             ContainsSubstring("write_to: 'kafka' is no place to write to; expected files or "));
  CHECK_THAT(first_fault(R"({"self_update": "maybe"})"), ContainsSubstring("self_update: 'maybe'"));
  CHECK_THAT(
      first_fault(R"({"state_path": "here"})"),
      ContainsSubstring("state_path: 'here' is not an absolute path; expected such as ${path"));
  CHECK_THAT(first_fault(R"({"state_path": ")" + work_folder.string() + R"(/state"})"),
             ContainsSubstring("state_path: the Agent deletes ") &&
                 ContainsSubstring("use /opt/Elastic/Agent/data/anthropic_metrics"));
}

TEST_CASE("component: a fault of the policy is told without file and line") {
  CHECK(first_fault(R"({"data_stream": {"namespace": "Prod"}})")
            .starts_with("data_stream.namespace: "));
  CHECK(first_fault(R"({"streams": [{"data_stream": {"dataset": "other.usage"}}]})").find(":1:") ==
        std::string::npos);
}

TEST_CASE("component: with write_to elasticsearch the Agent's own output is used") {
  const json::object store =
      json::parse(R"({"type": "elasticsearch", "hosts": ["https://es:9200"], "api_key": "id:key",
                      "ssl": {"verification_mode": "full"}, "queue": {"mem": {}}})")
          .as_object();
  const Read all = read(item(R"({"write_to": "elasticsearch"})"), store);
  for (const Fault& fault : all.faults) UNSCOPED_INFO(sentence_of(fault));
  REQUIRE(all.faults.empty());
  CHECK(all.settings.to_store);
  CHECK(all.parsed.policy.inputs.front().output->type() == "elasticsearch");
}

TEST_CASE("component: without a folder of the Agent's the state's place must be said") {
  json::object source = item();
  std::vector<Fault> faults;
  (void)take_settings(source, "", faults);
  REQUIRE(faults.size() == 1);
  CHECK_THAT(sentence_of(faults.front()), ContainsSubstring("state_path: it is not said"));
  CHECK(data_folder_of("/a/data/elastic-agent-1-2/run/x") == "/a/data");
  CHECK(data_folder_of("/somewhere/else").empty());
}
