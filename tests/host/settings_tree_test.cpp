// SPDX-License-Identifier: Apache-2.0
#include "policy/settings_tree.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;

namespace {

std::string json(const std::string& yaml) {
  const ParsedTree tree = parse_settings(yaml, "f.yml");
  for (const Fault& fault : tree.faults) UNSCOPED_INFO(to_string(fault));
  CHECK(tree.faults.empty());
  return boost::json::serialize(to_json(tree.root));
}

std::string fault(const std::string& yaml) {
  const ParsedTree tree = parse_settings(yaml, "f.yml");
  REQUIRE(tree.faults.size() == 1);
  return to_string(tree.faults[0]);
}

}  // namespace

TEST_CASE("plain scalars are typed, quoted ones are text") {
  struct Case {
    const char* yaml;
    const char* value;
  };
  for (const Case& row : std::vector<Case>{
           {"true", "true"},
           {"False", "false"},
           {"'true'", "\"true\""},
           {"null", "null"},
           {"~", "null"},
           {"", "null"},
           {"'it''s'", "\"it's\""},
           {"\"a\\\"b\"", "\"a\\\"b\""},
           {"''", "\"\""},
           {"7", "7"},
           {"-7", "-7"},
           {"+7", "7"},
           {"\"7\"", "\"7\""},
           {"0", "0"},
           {"0600", "\"0600\""},
           {"0x10", "16"},
           {"0o17", "15"},
           {"1.5", "1.5E0"},
           {"1e3", "1E3"},
           {"18446744073709551615", "18446744073709551615"},
           {"5m", "\"5m\""},
           {"1.2.3", "\"1.2.3\""},
           {".inf", "\".inf\""},
           {"nan", "\"nan\""},
           {"yes", "\"yes\""},
           {"2026-11-04", "\"2026-11-04\""},
           {"!!str 7", "\"7\""},
           {"sk-ant-x", "\"sk-ant-x\""},
           {"|\n  a\n  b\n", "\"a\\nb\\n\""},
       }) {
    CAPTURE(row.yaml);
    CHECK(json(std::string("k: ") + row.yaml) == std::string("{\"k\":") + row.value + "}");
  }
}

TEST_CASE("dotted keys fold into maps, mixed with nested ones") {
  CHECK(json("a.b: 1\na.c: 2\n") == R"({"a":{"b":1,"c":2}})");
  CHECK(json("a:\n  b: 1\na.c.d: 2\n") == R"({"a":{"b":1,"c":{"d":2}}})");
  CHECK(json("a.c.d: 2\na:\n  c.e: 3\n") == R"({"a":{"c":{"d":2,"e":3}}})");
  CHECK(json("l:\n  - a.b: 1\n") == R"({"l":[{"a":{"b":1}}]})");
  CHECK(json("a.b: 1\na: { b: 1 }\n") == R"({"a":{"b":1}})");
  CHECK(json(".a: 1\nb.: 2\n") == R"({".a":1,"b.":2})");
}

TEST_CASE("nothing is an empty map") {
  CHECK(json("") == "{}");
  CHECK(json("# only a comment\n") == "{}");
}

TEST_CASE("what a file cannot be is told with its line") {
  CHECK_THAT(fault("a: [\n"), ContainsSubstring("f.yml:") && ContainsSubstring("not valid YAML"));
  CHECK_THAT(fault("- a\n"), ContainsSubstring("f.yml:1: the file is not a map of settings"));
  CHECK_THAT(fault("a: 1\nb: 2\na: 3\n"),
             ContainsSubstring("f.yml:3: a: this key is written twice"));
  CHECK_THAT(
      fault("a:\n  b: 1\na.b: 2\n"),
      ContainsSubstring(
          "f.yml:3: a.b: this key has another value in line 2, once nested and once with dots"));
  CHECK_THAT(fault("a: 1\na.b: 2\n"),
             ContainsSubstring("f.yml:2: a: this key has another value in line 1"));
  // yaml-cpp may see an open quote by itself or not.
  for (const char* open : {"a: 'b\nc: 1\n", "a: \"b\\\"\nc: 1\n"}) {
    CHECK_THAT(fault(open),
               ContainsSubstring("f.yml:1: a: the quote that begins here is never closed") ||
                   ContainsSubstring("not valid YAML"));
  }
  CHECK_THAT(fault("? [x]\n: 1\n"), ContainsSubstring("a key that is a list or a map"));
}

TEST_CASE("aliases cannot explode") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += "," + before;
    bomb += "]\n";
  }
  CHECK_THAT(fault(bomb), ContainsSubstring("too large or nested too deeply"));
}

TEST_CASE("a key of nothing but dots does not use up the stack") {
  std::string key;
  for (int i = 0; i < 100'000; ++i) key += "a.";
  CHECK_THAT(fault("? " + key + "\n: 1\n"), ContainsSubstring("very many dots"));
}

TEST_CASE("a dotted path can be set, made and replaced") {
  ParsedTree tree = parse_settings("a:\n  b: 1\nc: text\n", "f.yml");
  set_path(tree.root, "a.b", "2", "-E");
  set_path(tree.root, "a.x.y", "true", "-E");
  set_path(tree.root, "c.d", "z", "-E");
  CHECK(to_string(tree.root.find_path("a.x")->place) == "-E");
  CHECK(boost::json::serialize(to_json(tree.root)) ==
        R"({"a":{"b":2,"x":{"y":true}},"c":{"d":"z"}})");
}
