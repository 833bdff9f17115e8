// SPDX-License-Identifier: Apache-2.0
#include "placement/spec_file.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "mock_agent.hpp"
#include "policy/settings_tree.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

std::vector<std::string> texts(const Node* list) {
  std::vector<std::string> all;
  REQUIRE(list != nullptr);
  for (const Node& item : list->items) all.push_back(item.text);
  return all;
}

std::string text_at(const Node& input, std::string_view path) {
  const Node* node = input.find_path(path);
  REQUIRE(node != nullptr);
  return node->text;
}

}  // namespace

TEST_CASE("the spec says what an Agent demands") {
  const ParsedTree spec = parse_settings(spec_text("1.2.3", "arm64"), component_spec);
  REQUIRE(spec.faults.empty());
  CHECK(spec.root.find("version")->text == "2");
  REQUIRE(spec.root.find("inputs")->items.size() == 1);
  const Node& input = spec.root.find("inputs")->items.front();
  CHECK(text_at(input, "name") == "anthropic_metrics");
  CHECK_FALSE(text_at(input, "description").empty());
  CHECK(texts(input.find("platforms")) ==
        std::vector<std::string>{"linux/arm64", "container/arm64"});
  const auto outputs = texts(input.find("outputs"));
  for (const char* type : {"elasticsearch", "logstash", "kafka"})
    CHECK(std::count(outputs.begin(), outputs.end(), type) == 1);
  CHECK(texts(input.find_path("command.args")) == std::vector<std::string>{"component"});
  // The first must be the longer one by far, or crashes are taken for restarts for ever (seen).
  CHECK(text_at(input, "command.restart_monitoring_period") == "60s");
  CHECK(text_at(input, "command.timeouts.restart") == "2s");
  CHECK(text_at(input, "command.maximum_restarts_per_period") == "1");
  CHECK(text_at(input, "command.timeouts.checkin") == "30s");
  CHECK(text_at(input, "command.timeouts.stop") == "30s");
}

TEST_CASE("a spec says which version wrote it") {
  CHECK(version_of_spec(spec_text("1.2.3-rc1", "amd64")) == "1.2.3-rc1");
  CHECK(version_of_spec("version: 2\n").empty());
  CHECK(version_of_spec("# anthropic_metrics ").empty());
  CHECK(version_of_spec("").empty());
}

TEST_CASE("versions are compared by their numbers") {
  CHECK(compare_versions("0.2.0", "0.10.0") < 0);
  CHECK(compare_versions("1.0.0", "0.99.9") > 0);
  CHECK(compare_versions("1.0", "1.0.0") == 0);
  CHECK(compare_versions("1.0.0-rc1", "1.0.0") < 0);
  CHECK(compare_versions("1.0.0-rc2", "1.0.0-rc1") > 0);
  CHECK(compare_versions("", "0.1.0") < 0);
  CHECK(compare_versions("no number", "0.1.0") < 0);
}

TEST_CASE("another product with our input's name is seen") {
  const Scratch folder;
  const fs::path components = folder.folder();
  CHECK_FALSE(rival_in(components, "amd64"));
  write(components / "anthropic_metrics.spec.yml", spec_text("0.1.0", "amd64"));
  CHECK_FALSE(rival_in(components, "amd64"));
  const std::string begin = "version: 2\ninputs:\n  - name: ";
  struct Case {
    std::string rest;
    bool rival;
    bool alias;
  };
  for (const Case& one : {
           Case{"anthropic_metrics\n    platforms: [linux/amd64]\n", true, false},
           Case{"anthropic_metrics\n    platforms: [container/amd64]\n", true, false},
           Case{"anthropic_metrics\n    platforms: [linux/arm64, darwin/amd64]\n", false, false},
           Case{"x\n    aliases: [y, anthropic_metrics]\n    platforms: [linux/amd64]\n", true,
                true},
           Case{"x\n    aliases: [anthropic]\n    platforms: [linux/amd64]\n", false, false},
           Case{"[\n", false, false},
       }) {
    INFO(one.rest);
    write(components / "other.spec.yml", begin + one.rest);
    const auto rival = rival_in(components, "amd64");
    REQUIRE(rival.has_value() == one.rival);
    if (rival) {
      CHECK(rival->spec.filename() == "other.spec.yml");
      CHECK(rival->alias == one.alias);
    }
  }
}
