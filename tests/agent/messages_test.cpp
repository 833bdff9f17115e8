// SPDX-License-Identifier: Apache-2.0
#include "control/messages.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "bytes.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::control;
using test::bytes;

namespace {

std::string text(const SecretText& secret) {
  return secret == nullptr
             ? "null"
             : secret->expose([](std::string_view octets) { return std::string(octets); });
}

}  // namespace

TEST_CASE("what the Agent wants is read field by field") {
  // An input with a configuration ({"a": true}, and fields that repeat it) at debug, an output that
  // shall stop, indexes 2 and 300, and fields nobody knows.
  const auto expected = parse_expected(bytes(
      "0a 19  0a 01 'i'  18 02  20 05  2a 0e 0a 09 0a 07 0a 01 'a' 12 02 20 01  12 01 '?'  30 03"
      "0a 09  0a 01 'o'  10 01  18 06  20 01"
      "12 00  20 02  30 ac 02  f8 07 01"));
  REQUIRE(expected);
  REQUIRE(expected->units.size() == 2);
  const WantedUnit& input = expected->units[0];
  CHECK(input.name == UnitName{UnitSide::input, "i"});
  CHECK(input.runs);
  CHECK(input.index == 5);
  CHECK(input.level == LogLevel::debug);
  CHECK(text(input.source) == R"({"a":true})");
  const WantedUnit& output = expected->units[1];
  CHECK(output.name == UnitName{UnitSide::output, "o"});
  CHECK_FALSE(output.runs);
  CHECK(output.level == LogLevel::error);  // 0, which is left out
  CHECK(text(output.source) == "null");
  CHECK(expected->features_index == 2);
  CHECK(expected->component_index == 300);
  CHECK_FALSE(expected->chunk);
}

TEST_CASE("a unit of a side nobody knows is left out, a level likewise is info") {
  const auto expected = parse_expected(bytes("0a 05 0a 01 'x' 10 02  0a 05 0a 01 'y' 30 09"));
  REQUIRE(expected);
  REQUIRE(expected->units.size() == 1);
  CHECK(expected->units[0].level == LogLevel::info);
}

TEST_CASE("the mark of a part is read") {
  const auto expected = parse_expected(bytes("3a 05 08 e8 07 10 07"));
  REQUIRE(expected);
  CHECK(expected->chunk == ChunkMark{1000, 7});
}

TEST_CASE("damage anywhere in what the Agent wants is damage of the message") {
  for (const char* form : {"0a 05 'x'", "0a 02 0a 05", "0a 04 2a 02 0a 09", "3a 02 08 ff", "20"}) {
    INFO(form);
    CHECK_FALSE(parse_expected(bytes(form)));
  }
}

TEST_CASE("what we have is written field by field") {
  SeenUnit input{{UnitSide::input, "i"}, 5, UnitState::degraded, "slow", {{"a", true}}};
  SeenUnit output{{UnitSide::output, "o"}, 1, UnitState::starting, "", {}};
  const Programme programme{"am", {{"v", "1"}}, "b0"};
  Observed observed;
  observed.units = {&input, &output};
  observed.programme = &programme;
  observed.features_index = 2;
  observed.component_index = 300;
  observed.process = 9;
  CHECK(to_bytes(observed, "tok") ==
        bytes("0a 03 'tok'"
              "12 18  0a 01 'i'  18 05  20 03  2a 04 'slow'  32 09 0a 07 0a 01 'a' 12 02 20 01"
              "12 07  0a 01 'o'  10 01  18 01"
              "1a 10  0a 02 'am'  1a 06 0a 01 'v' 12 01 '1'  22 02 'b0'"
              "28 02  30 ac 02  48 09"));
  observed.payloads = false;
  observed.programme = nullptr;
  observed.units = {&input};
  CHECK(to_bytes(observed, "") ==
        bytes("12 0d  0a 01 'i'  18 05  20 03  2a 04 'slow'  28 02  30 ac 02  48 09"));
}

TEST_CASE("a request for an action is read, a unit only where one is meant") {
  const auto custom =
      parse_action(bytes("0a 02 'id'  12 02 'do'  1a 02 '{}'  22 01 'u'  28 01  30 00  38 02"));
  REQUIRE(custom);
  CHECK(custom->id == "id");
  CHECK(custom->request.name == "do");
  CHECK(custom->request.parameters == "{}");
  CHECK_FALSE(custom->request.diagnostics);
  CHECK(custom->request.unit == UnitName{UnitSide::output, "u"});
  const auto diagnostics = parse_action(bytes("0a 02 'id'  30 01  38 01"));
  REQUIRE(diagnostics);
  CHECK(diagnostics->request.diagnostics);
  CHECK_FALSE(diagnostics->request.unit);
  CHECK_FALSE(parse_action(bytes("0a 05 'id'")));
}

TEST_CASE("answers are written field by field") {
  using Time = std::chrono::system_clock::time_point;
  const Time now{std::chrono::seconds(5) + std::chrono::nanoseconds(7)};
  CHECK(first_answer("tok") == bytes("0a 03 'tok'  12 04 'init'"));
  CHECK(to_bytes({"id", {}}, {"no", {}}, "t", now) ==
        bytes("0a 01 't'  12 02 'id'  18 01  22 0e '{\"error\":\"no\"}'"));
  CHECK(to_bytes({"id", {}}, {}, "t", now) == bytes("0a 01 't'  12 02 'id'  22 02 '{}'"));
  IncomingAction diagnostics{"id", {}};
  diagnostics.request.diagnostics = true;
  CHECK(to_bytes(diagnostics, {"", {{"n", "f", "d", "t", "c"}}}, "t", now) ==
        bytes("0a 01 't'  12 02 'id'"
              "2a 15  0a 01 'n'  12 01 'f'  1a 01 'd'  22 01 't'  2a 01 'c'  32 04 08 05 10 07"));
}
