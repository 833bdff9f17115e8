// SPDX-License-Identifier: Apache-2.0
// What an Elastic Agent accepts as a value, this host accepts: the same policy means the same.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "outputs/file.hpp"
#include "policy/fit_settings.hpp"
#include "policy/policy.hpp"
#include "policy/policy_file.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
namespace json = boost::json;

namespace {

std::string tree(const std::string& yaml) {
  const ParsedTree parsed = parse_settings(yaml, "f.yml");
  for (const Fault& fault : parsed.faults) UNSCOPED_INFO(to_string(fault));
  CHECK(parsed.faults.empty());
  return json::serialize(to_json(parsed.root));
}

Variables variables() {
  Variables result;
  result.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "YES") return "true";
    if (name == "SEVEN") return "7";
    return std::nullopt;
  };
  return result;
}

ParsedPolicy policy(const std::string& output, const std::string& input = "") {
  return parse_policy({{"p.yml", "outputs:\n  default: { type: file, path: /x" + output +
                                     " }\ninputs:\n  - type: anthropic_metrics\n" + input}},
                      {}, variables());
}

const FileSettings& file_of(const ParsedPolicy& parsed) {
  return dynamic_cast<const FileOutput&>(*parsed.policy.inputs[0].output).settings();
}

const char* const schema = R"({
  "$defs": {"duration": {"type": "string"}, "flag": {"type": "boolean"}},
  "properties": {
    "flag": {"type": "boolean"}, "other_flag": {"$ref": "#/$defs/flag"}, "count": {"type": "integer"},
    "text": {"type": "string"}, "wait": {"$ref": "#/$defs/duration"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "tiers": {"type": "array", "items": {"type": "object",
      "properties": {"depth": {"$ref": "#/$defs/duration"}}}},
    "streams": {"type": "object", "properties": {"usage": {"type": "object",
      "properties": {"enabled": {"type": "boolean"}, "group_by": {"type": "array"}}}}}}})";

std::string fitted(const std::string& config) {
  json::object object = json::parse(config).as_object();
  fit_settings(object, json::parse(schema));
  return json::serialize(object);
}

}  // namespace

TEST_CASE("<< takes over what a map does not say itself") {
  struct Case {
    const char* yaml;
    const char* means;
  };
  const std::string base = "d: &d { a: 1, b: 2 }\ne: &e { b: 3, c: 4 }\nm:\n";
  const Case cases[] = {
      {"  <<: *d\n  x: 0\n", R"({"x":0,"a":1,"b":2})"},
      {"  b: 9\n  <<: *d\n", R"({"b":9,"a":1})"},
      {"  <<: *d\n  b: 9\n", R"({"b":9,"a":1})"},
      {"  <<: [*d, *e]\n", R"({"a":1,"b":2,"c":4})"},
      {"  <<: [*e, *d]\n", R"({"b":3,"c":4,"a":1})"},
      {"  <<: *d\n  <<: *e\n", R"({"a":1,"b":2,"c":4})"},
      {"  <<: { a: 5 }\n  b: null\n", R"({"b":null,"a":5})"},
      {"  <<: { <<: *d, a: 7 }\n", R"({"a":7,"b":2})"},
      {"  <<: { s.x: 1 }\n  s.y: 2\n", R"({"s":{"y":2,"x":1}})"},
      {"  <<: { s: { x: 1, y: 1 } }\n  s.y: 2\n", R"({"s":{"y":2,"x":1}})"},
      {"  <<: { s: { x: 1 } }\n  s: { y: 2 }\n", R"({"s":{"y":2}})"},
      {"  <<: {}\n  k: 1\n", R"({"k":1})"},
      {"  '<<': 1\n", R"({"<<":1})"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.yaml);
    const std::string whole = tree(base + c.yaml);
    CHECK_THAT(whole, ContainsSubstring(std::string("\"m\":") + c.means));
  }
}

TEST_CASE("a policy with << at its inputs runs") {
  const ParsedPolicy parsed = parse_policy(
      {{"p.yml",
        "x-defaults: &d\n  admin_api_key: k\n  url: http://localhost:1\noutputs.default.type: "
        "console\ninputs:\n  - <<: *d\n    id: t\n    type: anthropic_metrics\n"}},
      {}, variables());
  REQUIRE(parsed.faults.empty());
  REQUIRE(parsed.policy.inputs.size() == 1);
  CHECK(json::serialize(parsed.policy.inputs[0].settings) ==
        R"({"admin_api_key":"k","url":"http://localhost:1"})");
}

TEST_CASE("<< of something else is told, and << cannot explode") {
  for (const char* yaml : {"m:\n  <<: 7\n", "m:\n  <<: text\n", "m:\n  <<: [{a: 1}, 7]\n"}) {
    const ParsedTree parsed = parse_settings(yaml, "f.yml");
    REQUIRE(parsed.faults.size() == 1);
    CHECK_THAT(to_string(parsed.faults[0]),
               ContainsSubstring("f.yml:2: m.<<: what << takes over is not a map"));
  }
  std::string bomb = "a0: &a0 { k: 1 }\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " { <<: [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ",*a" : "*a") + std::to_string(i - 1);
    bomb += "] }\n";
  }
  const ParsedTree parsed = parse_settings(bomb, "f.yml");
  REQUIRE(parsed.faults.size() == 1);
  CHECK_THAT(to_string(parsed.faults[0]), ContainsSubstring("too large"));
}

TEST_CASE("Fleet's marks for secrets are left out on every level") {
  CHECK(
      tree(
          "__mark_redact_a: true\na: 1\nb:\n  __mark_redact_c: true\n  c: [{__mark_redact_x: true, "
          "x: 1}]\nssl.__mark_redact_key: true\n") == R"({"a":1,"b":{"c":[{"x":1}]}})");
}

TEST_CASE("numbers and files may be written in every form that YAML has") {
  CHECK(tree("a: 10_240\nb: 0b101\nc: 0X1f\nd: _1\ne: 1_\nf: -1_000\n") ==
        R"({"a":10240,"b":5,"c":31,"d":"_1","e":1,"f":-1000})");
  CHECK(tree("\xEF\xBB\xBF"
             "a: 1\n") == R"({"a":1})");
  CHECK(tree("a: 1\r\nb:\r\n  - x\r\n") == R"({"a":1,"b":["x"]})");
  CHECK(tree("---\na: 1\n...\n") == R"({"a":1})");
  CHECK(tree("a: !!int '7'\nb: !!bool 'true'\nc: !!str true\n") ==
        R"({"a":7,"b":true,"c":"true"})");
}

TEST_CASE("the host's own settings take what an Agent takes") {
  struct Case {
    const char* output;
    std::uint32_t permissions;
  };
  for (const Case& c : {Case{", permissions: 0640", 0640},
                        {", permissions: '0640'", 0640},
                        {", permissions: 0o640", 0640},
                        {", permissions: 640", 0640},
                        {", permissions: 416", 0640},
                        {", permissions: 384", 0600}}) {
    CAPTURE(c.output);
    const ParsedPolicy parsed = policy(c.output);
    REQUIRE(parsed.faults.empty());
    CHECK(file_of(parsed).permissions == c.permissions);
  }
  for (const char* count : {"7", "'7'", "7.0", "'${SEVEN}'", "'${NOPE:7}'", "0x7"}) {
    CAPTURE(count);
    const ParsedPolicy parsed = policy(std::string(", number_of_files: ") + count);
    REQUIRE(parsed.faults.empty());
    CHECK(file_of(parsed).number_of_files == 7);
  }
  for (const char* yes : {"true", "TRUE", "yes", "On", "'true'", "${YES}", "1", "t"}) {
    CAPTURE(yes);
    const ParsedPolicy parsed = policy("", std::string("    enabled: ") + yes + "\n");
    CHECK(parsed.faults.empty());
    CHECK(parsed.policy.inputs.size() == 1);
  }
  for (const char* no : {"false", "No", "off", "'false'", "0", "F"}) {
    CAPTURE(no);
    const ParsedPolicy parsed = policy("", std::string("    enabled: ") + no + "\n");
    CHECK(parsed.faults.empty());
    CHECK(parsed.policy.inputs.empty());
  }
  const ParsedPolicy numbers =
      policy(", filename: 2026", "    id: 7\n    data_stream.namespace: 42\n    condition: true\n");
  REQUIRE(numbers.faults.empty());
  REQUIRE(numbers.policy.inputs.size() == 1);
  CHECK(numbers.policy.inputs[0].id == "7");
  CHECK(numbers.policy.inputs[0].data_namespace == "42");
  CHECK(file_of(numbers).filename == "2026");
}

TEST_CASE("settings of a plugin become what its schema asks for") {
  struct Case {
    const char* given;
    const char* wanted;
  };
  const Case cases[] = {
      {R"({"flag":"yes"})", R"({"flag":true})"},
      {R"({"flag":"Off"})", R"({"flag":false})"},
      {R"({"flag":1})", R"({"flag":true})"},
      {R"({"other_flag":"true"})", R"({"other_flag":true})"},
      {R"({"flag":"maybe"})", R"({"flag":"maybe"})"},
      {R"({"flag":null})", R"({"flag":null})"},
      {R"({"count":"7"})", R"({"count":7})"},
      {R"({"count":7.0})", R"({"count":7})"},
      {R"({"count":7.5})", R"({"count":7.5E0})"},
      {R"({"count":"seven"})", R"({"count":"seven"})"},
      {R"({"text":7})", R"({"text":"7"})"},
      {R"({"text":true})", R"({"text":"true"})"},
      {R"({"text":{"a":1}})", R"({"text":{"a":1}})"},
      {R"({"wait":90})", R"({"wait":"90s"})"},
      {R"({"wait":0})", R"({"wait":"0s"})"},
      {R"({"wait":1.5})", R"({"wait":"1.500000s"})"},
      {R"({"wait":"5m"})", R"({"wait":"5m"})"},
      {R"({"texts":"one"})", R"({"texts":["one"]})"},
      {R"({"texts":["a",7]})", R"({"texts":["a","7"]})"},
      {R"({"texts":null})", R"({"texts":null})"},
      {R"({"tiers":{"depth":60}})", R"({"tiers":[{"depth":"60s"}]})"},
      {R"({"streams":{"usage":{"enabled":"on","group_by":"model"}}})",
       R"({"streams":{"usage":{"enabled":true,"group_by":["model"]}}})"},
      {R"({"unknown":"yes"})", R"({"unknown":"yes"})"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.given);
    CHECK(fitted(c.given) == c.wanted);
  }
  json::object untouched{{"flag", "yes"}};
  fit_settings(untouched, nullptr);
  CHECK(untouched["flag"] == "yes");
}

TEST_CASE("a secret in a policy that every user can read is warned of, a place of one is not") {
  const auto warned = [](const std::string& settings, bool public_file) {
    const ParsedPolicy parsed = parse_policy(
        {{"p.yml",
          "outputs: { default: { type: console, password: '${KEPT:x}' } }\ninputs:\n  - type: "
          "anthropic_metrics\n" +
              settings,
          false, public_file}},
        {}, variables());
    REQUIRE(parsed.faults.empty());
    std::string text;
    for (const Note& note : parsed.policy.notes)
      if (note.text.find("secret") != std::string::npos) text += note.text;
    return text;
  };
  CHECK(warned("    admin_api_key: sk-ant-admin01-x\n", true) ==
        "p.yml:4: inputs[0].admin_api_key: this secret stands in a file that every user of this "
        "machine can read; run chmod 600 p.yml, or write ${NAME} for an environment variable or "
        "file:PATH instead");
  CHECK_FALSE(warned("    ssl: { key: \"-----BEGIN PRIVATE KEY-----\" }\n", true).empty());
  CHECK(warned("    admin_api_key: sk-ant-admin01-x\n", false).empty());
  for (const char* place : {"${SEVEN}", "file:/run/key", "/run/key", "systemd:key"})
    CHECK(warned(std::string("    admin_api_key: ") + place + "\n", true).empty());
  CHECK(
      warned("    ssl: { key: /etc/ssl/client.key }\n    group_by: [api_key_id]\n", true).empty());
}

TEST_CASE("a policy file is public if everybody may read it and enter its folders") {
  Scratch scratch;
  const std::filesystem::path file = scratch / "open/p.yml";
  std::filesystem::create_directories(file.parent_path());
  write(file, "inputs: []\n");
  using std::filesystem::perms;
  struct Case {
    perms top, folder, file;
    bool open;
  };
  const perms all = perms(0755), closed = perms(0700);
  for (const Case& c : {Case{all, all, perms(0644), true},
                        {all, all, perms(0640), false},
                        {all, closed, perms(0644), false},
                        {closed, all, perms(0644), false}}) {
    std::filesystem::permissions(scratch.folder(), c.top);
    std::filesystem::permissions(file.parent_path(), c.folder);
    std::filesystem::permissions(file, c.file);
    const auto sources = read_policy_files(file);
    REQUIRE(sources);
    REQUIRE(sources->size() == 1);
    CHECK(sources->front().public_file == c.open);
  }
}
