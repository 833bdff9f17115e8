// SPDX-License-Identifier: Apache-2.0
#include "policy/condition.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <vector>

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;

namespace {

Variables variables() {
  Variables result;
  result.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "STAGE") return "prod";
    if (name == "ON") return "true";
    if (name == "OFF") return "false";
    return std::nullopt;
  };
  result.known["host.platform"] = "linux";
  return result;
}

}  // namespace

TEST_CASE("conditions are evaluated as the Agent does") {
  struct Case {
    const char* condition;
    bool holds;
  };
  for (const Case& row : std::vector<Case>{
           {"${host.platform} == 'linux'", true},
           {"${host.platform} != \"linux\"", false},
           {"${env.STAGE} == 'prod' and ${host.platform} == 'linux'", true},
           {"${STAGE} == 'test' or ${STAGE} == 'prod'", true},
           {"not ${STAGE} == 'test'", true},
           {"not (${STAGE} == 'prod' or true)", false},
           {"not not true", true},
           {"true or false and false", true},
           {"(true or false) and false", false},
           {"1 == 1.0", true},
           {"-2 != 2", true},
           {"${ON}", true},
           {"${OFF}", false},
           {"${OFF} == false", true},
           {"${ABSENT} == 'x'", false},
           {"${ABSENT} != 'x'", true},
           {"${ABSENT}", false},
           {"${ABSENT|'x'} == 'x'", true},
           {"${ABSENT:prod} == ${STAGE}", true},
           {" true ", true},
           {"true==true", true},
           {"'1' == 1", false},
       }) {
    CAPTURE(row.condition);
    const ConditionResult result = evaluate_condition(row.condition, variables());
    CHECK(result.error.empty());
    CHECK(result.holds == row.holds);
  }
}

TEST_CASE("a condition beyond the supported part is refused, never guessed") {
  struct Case {
    const char* condition;
    const char* error;
  };
  for (const Case& row : std::vector<Case>{
           {"", "a value is missing"},
           {"true and", "a value is missing"},
           {"startsWith(${STAGE}, 'p')", "is not understood"},
           {"1 < 2", "'< 2' is not understood"},
           {"1 + 1 == 2", "is not understood"},
           {"'a", "a quote is not closed"},
           {"${STAGE == 'a'", "without a closing '}'"},
           {"(true", "')' is missing"},
           {"true true", "is not understood"},
           {"'text'", "where true or false is needed"},
           {"true or startsWith('a')", "is not understood"},
           {"'a\\'b' == 'x'", "is not supported"},
           {"${STAGE}", "where true or false is needed"},
           {"truely", "is not understood"},
       }) {
    CAPTURE(row.condition);
    const ConditionResult result = evaluate_condition(row.condition, variables());
    CHECK(!result.holds);
    CHECK_THAT(result.error, ContainsSubstring(row.error));
  }
}

TEST_CASE("hostile nesting is refused") {
  CHECK_THAT(evaluate_condition(std::string(100'000, '('), {}).error,
             ContainsSubstring("too deeply"));
  std::string negations;
  for (int i = 0; i < 100'000; ++i) negations += "not ";
  CHECK_THAT(evaluate_condition(negations + "true", {}).error, ContainsSubstring("too deeply"));
}
