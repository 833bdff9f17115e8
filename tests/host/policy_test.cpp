// SPDX-License-Identifier: Apache-2.0
// What a good policy means.
#include "policy/policy.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "outputs/file.hpp"
#include "policy/policy_file.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

Variables variables() {
  Variables result;
  result.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "KEY" ? std::optional<std::string>("the-key") : std::nullopt;
  };
  result.known["path.data"] = "/data";
  return result;
}

Policy good(const std::string& yaml, const std::vector<Override>& overrides = {}) {
  ParsedPolicy parsed = parse_policy({{"p.yml", yaml}}, overrides, variables());
  for (const Fault& fault : parsed.faults) UNSCOPED_INFO(to_string(fault));
  REQUIRE(parsed.faults.empty());
  return std::move(parsed.policy);
}

const FileSettings& file_of(const Input& input) {
  return dynamic_cast<const FileOutput&>(*input.output).settings();
}

bool noted(const Policy& policy, LogLevel level, const std::string& part) {
  for (const Note& note : policy.notes) {
    if (note.level == level && note.text.find(part) != std::string::npos) return true;
    UNSCOPED_INFO(note.text);
  }
  return false;
}

const std::string console = "outputs.default.type: console\n";

}  // namespace

TEST_CASE("the policy that Kibana shows for the package runs as it is") {
  const Policy policy = good(R"(
id: 5f0a9a2e
revision: 2
outputs:
  default:
    type: file
    path: ${path.data}/out
    rotate_every_kb: 2048
    number_of_files: 3
    delete_after: 36h
    permissions: 0640
agent:
  logging.level: debug
  monitoring: { enabled: true, use_output: default }
output_permissions: { default: {} }
inputs:
  - id: anthropic_metrics-anthropic-1
    revision: 1
    name: anthropic-1
    type: anthropic_metrics
    data_stream:
      namespace: prod
    use_output: default
    package_policy_id: x
    admin_api_key: ${KEY}
    meta:
      package: { name: anthropic_metrics, version: 0.1.0 }
    streams:
      - id: one
        data_stream: { dataset: anthropic_metrics.usage, type: metrics }
        interval: 5m
      - id: two
        enabled: false
        data_stream: { dataset: anthropic_metrics.cost, type: metrics }
  - id: logs
    type: filestream
    use_output: unknown-but-not-ours
)");
  REQUIRE(policy.inputs.size() == 1);
  const Input& input = policy.inputs[0];
  CHECK(input.id == "anthropic_metrics-anthropic-1");
  CHECK(input.data_namespace == "prod");
  CHECK(input.settings.at("admin_api_key") == "the-key");
  const FileSettings& output = file_of(input);
  CHECK(output.path == "/data/out");
  CHECK(output.rotate_every_kb == 2048);
  CHECK(output.number_of_files == 3);
  CHECK(output.delete_after == std::chrono::hours(36));
  CHECK(output.permissions == 0640);
  REQUIRE(input.streams);
  REQUIRE(input.streams->size() == 1);
  CHECK(input.streams->front().name == "usage");
  CHECK(policy.log_level == LogLevel::debug);
  CHECK(noted(policy, LogLevel::info, "1 input of other types skipped"));
}

TEST_CASE("an input has defaults for everything but its type") {
  const Policy policy = good(console + "inputs: [{ type: anthropic_metrics }]\n");
  REQUIRE(policy.inputs.size() == 1);
  CHECK(policy.inputs[0].id == "anthropic_metrics");
  CHECK(policy.inputs[0].data_namespace == "default");
  CHECK(policy.inputs[0].output->name() == "default");
  CHECK(!policy.inputs[0].streams);
}

TEST_CASE("what is not run is left out and told, and the rest runs") {
  struct Case {
    const char* input;
    LogLevel level;
    const char* note;
  };
  for (const Case& row : std::vector<Case>{
           {"enabled: false\n    key: ${ABSENT}", LogLevel::info,
            "input 'a' is not run: it is disabled"},
           {"enabled: no", LogLevel::info, "it is disabled"},
           {"key: ${ABSENT}", LogLevel::warn,
            "p.yml:3: input 'a' is not run: ${ABSENT} has no value; set it in the environment"},
           {"key: '${ABSENT|env.NO} ${TOO}'", LogLevel::warn,
            "${ABSENT|env.NO}, ${TOO} has no value"},
           {"condition: ${KEY} == 'other'", LogLevel::info,
            "input 'a' is not run: its condition is false"},
           {"condition: startsWith(${KEY}, 't')", LogLevel::warn,
            "its condition (startsWith(${KEY}, 't')) is not supported"},
           {"streams: []", LogLevel::warn, "none of its streams is enabled"},
           {"streams: [{ data_stream.dataset: anthropic_metrics.usage, key: '${ABSENT}' }]",
            LogLevel::warn,
            "stream 'anthropic_metrics.usage' of input 'a' is not run: ${ABSENT} has no value"},
           {"streams: [{ data_stream.dataset: anthropic_metrics.usage, condition: 'false' }]",
            LogLevel::info,
            "stream 'anthropic_metrics.usage' of input 'a' is not run: its condition is false"},
           {"use_output: off", LogLevel::warn, "its output 'off' is disabled"},
       }) {
    CAPTURE(row.input);
    const Policy policy = good(
        "outputs: { default: { type: console }, 'off': { type: console, enabled: false } "
        "}\ninputs:\n"
        "  - type: anthropic_metrics\n    id: a\n    " +
        std::string(row.input) + "\n  - type: anthropic_metrics\n    id: b\n");
    REQUIRE(policy.inputs.size() == 1);
    CHECK(policy.inputs[0].id == "b");
    CHECK(noted(policy, row.level, row.note));
  }
}

TEST_CASE("a missing variable of one stream costs only that stream") {
  const Policy policy = good(console + R"(
inputs:
  - type: anthropic_metrics
    streams:
      - { data_stream.dataset: anthropic_metrics.usage, url: '${ABSENT}' }
      - { data_stream.dataset: anthropic_metrics.cost }
)");
  REQUIRE(policy.inputs.size() == 1);
  REQUIRE(policy.inputs[0].streams->size() == 1);
  CHECK(policy.inputs[0].streams->front().name == "cost");
}

TEST_CASE("processors and settings without effect are told") {
  const Policy policy = good(
      "outputs: { default: { type: console, loadbalance: balanced } }\n"
      "inputs:\n  - { type: anthropic_metrics, processors: [{ add_fields: {} }] }\n");
  CHECK(policy.inputs.size() == 1);
  CHECK(noted(policy, LogLevel::warn, "processors of input 'anthropic_metrics' are not applied"));
  CHECK(noted(policy, LogLevel::warn,
              "outputs.default.loadbalance has no effect on an output of type 'console'"));
}

TEST_CASE("an elasticsearch output that no input of ours uses is no fault") {
  const Policy policy = good(
      "outputs: { default: { type: elasticsearch, hosts: ['${ABSENT}'] }, files: { type: file, "
      "path: /x } }\n"
      "inputs:\n  - { type: anthropic_metrics, use_output: files }\n");
  CHECK(policy.inputs.size() == 1);
}

TEST_CASE("overrides replace settings of the main file") {
  const Policy policy =
      good(console + "inputs:\n  - type: anthropic_metrics\n", {{"outputs.default.type", "file"},
                                                                {"outputs.default.path", "/x"},
                                                                {"logging.level", "trace"}});
  CHECK(file_of(policy.inputs[0]).path == "/x");
  CHECK(policy.log_level == LogLevel::trace);
}

TEST_CASE("inputs of inputs.d are appended in name order, and only their inputs count") {
  Scratch scratch;
  write(scratch / "policy.yml", console + "inputs:\n  - { type: anthropic_metrics, id: main }\n");
  write(scratch / "inputs.d/b.yml",
        "inputs:\n  - { type: anthropic_metrics, id: b }\noutputs: { default: { type: wrong } }\n");
  write(scratch / "inputs.d/a.yml", "inputs:\n  - { type: anthropic_metrics, id: a }\n");
  write(scratch / "inputs.d/c.yaml.off", "inputs: [");

  const auto sources = read_policy_files(scratch / "policy.yml");
  REQUIRE(sources);
  const ParsedPolicy parsed = parse_policy(*sources, {}, {});

  CHECK(parsed.faults.empty());
  REQUIRE(parsed.policy.inputs.size() == 3);
  CHECK(parsed.policy.inputs[0].id == "main");
  CHECK(parsed.policy.inputs[1].id == "a");
  CHECK(parsed.policy.inputs[2].id == "b");
}

TEST_CASE("what only a component of the Agent is told is left alone, and said") {
  const Policy policy = good(console + R"(
inputs:
  - type: anthropic_metrics
    admin_api_key: ${KEY}
    state_path: ${path.agents_own}/anthropic_metrics
    write_to: files
    self_update: true
    _runtime_experimental: process
)");
  REQUIRE(policy.inputs.size() == 1);
  CHECK(policy.inputs[0].settings == boost::json::object{{"admin_api_key", "the-key"}});
  CHECK(noted(policy, LogLevel::info,
              "state_path, write_to, self_update of input 'anthropic_metrics' hold for the "
              "component of an Elastic Agent"));
}
