// SPDX-License-Identifier: Apache-2.0
#include "policy/variables.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace anthropic_metrics::host;

namespace {

Variables variables() {
  Variables result;
  result.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "KEY") return "value";
    if (name == "DOLLAR") return "a$";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  result.known["host.name"] = "box";
  result.known["path.data"] = "/d";
  return result;
}

}  // namespace

TEST_CASE("variables are replaced as the Agent does") {
  struct Case {
    const char* text;
    const char* result;
  };
  for (const Case& row : std::vector<Case>{
           {"plain", "plain"},
           {"", ""},
           {"${KEY}", "value"},
           {"${env.KEY}", "value"},
           {"a ${KEY} b ${host.name} c", "a value b box c"},
           {"${KEY}${KEY}", "valuevalue"},
           {"${path.data}/x", "/d/x"},
           {"${ABSENT|KEY}", "value"},
           {"${ABSENT | env.KEY}", "value"},
           {"${ABSENT|'constant'}", "constant"},
           {"${ABSENT|\"a|b:c}d\"}", "a|b:c}d"},
           {"${KEY|'constant'}", "value"},
           {"${ABSENT:default}", "default"},
           {"${ABSENT:}", ""},
           {"${ABSENT:http://h:1}", "http://h:1"},
           {"${ABSENT:'quoted'}", "quoted"},
           {"${KEY:default}", "value"},
           {"${EMPTY}", ""},
           {"${EMPTY:default}", ""},
           {"$${KEY}", "${KEY}"},
           {"x$${KEY}${KEY}", "x${KEY}value"},
           {"${DOLLAR}${KEY}", "a$value"},
           {"$KEY {KEY} $", "$KEY {KEY} $"},
       }) {
    CAPTURE(row.text);
    const Substituted result = substitute(row.text, variables());
    CHECK(result.text == row.result);
    CHECK(result.unresolved.empty());
    CHECK(result.malformed.empty());
  }
}

TEST_CASE("every variable without a value is named") {
  const Substituted result =
      substitute("${ABSENT} ${KEY} ${host.absent} ${env.NO|NEITHER}", variables());
  CHECK(result.unresolved == std::vector<std::string>{"ABSENT", "host.absent", "env.NO|NEITHER"});
}

TEST_CASE("an open variable is malformed") {
  CHECK(!substitute("${KEY", variables()).malformed.empty());
  CHECK(!substitute("a ${'x}", variables()).malformed.empty());
}

TEST_CASE("the machine's variables hold its name and the environment") {
  const Variables machine = machine_variables();
  CHECK(machine.find("host.name"));
  CHECK(machine.find("host.platform") == "linux");
  CHECK(machine.find("PATH") == machine.find("env.PATH"));
}
