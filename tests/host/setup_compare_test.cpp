// SPDX-License-Identifier: Apache-2.0
// What setup takes for equal, for ours, and for a mapping that an index can have.
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string_view>

#include "setup/compare.hpp"

using namespace anthropic_metrics::host;

namespace {

boost::json::value value(std::string_view text) {
  return boost::json::parse(text);
}

Mapping compared(std::string_view theirs, std::string_view ours) {
  return compare_mapping(value(theirs).as_object(), value(ours).as_object());
}

}  // namespace

TEST_CASE("an engine's defaults and its numbers as text are no difference") {
  const auto ours = value(R"({"a":{"n":1,"b":true,"list":[{"x":"1"}],"none":{}}})");

  CHECK(contains(value(R"({"a":{"n":"1","b":"true","list":[{"x":1,"more":0}]},"b":2})"), ours));
  CHECK_FALSE(contains(value(R"({"a":{"n":2,"b":true,"list":[{"x":"1"}]}})"), ours));
  CHECK_FALSE(contains(value(R"({"a":{"n":1,"b":true,"list":[{"x":"1"},{"x":"2"}]}})"), ours));
  CHECK_FALSE(contains(value(R"({"a":{"n":1,"b":true}})"), ours));
  CHECK_FALSE(contains(value(R"({"a":1})"), ours));
  CHECK_FALSE(contains(value("null"), ours));
}

TEST_CASE("what says another package is not ours, and without a mark its beginning tells") {
  const auto template_ours = value(R"({"_meta":{"package":"anthropic_metrics"}})");
  CHECK(
      is_ours(value(R"({"_meta":{"package":"anthropic_metrics","version":"0"}})"), template_ours));
  CHECK_FALSE(is_ours(value(R"({"_meta":{"package":"another"}})"), template_ours));
  CHECK_FALSE(is_ours(value(R"({"_meta":{"package":"claude_metrics"}})"), template_ours));
  CHECK_FALSE(is_ours(value(R"({"template":{}})"), template_ours));

  const auto pipeline = value(R"({"processors":[{"set":{"tag":"a"}},{"fail":{}}]})");
  CHECK(is_ours(value(R"({"processors":[{"set":{"tag":"a"}}]})"), pipeline));
  CHECK_FALSE(is_ours(value(R"({"processors":[{"set":{"tag":"b"}},{"fail":{}}]})"), pipeline));
  CHECK_FALSE(is_ours(value(R"({"processors":[]})"), pipeline));

  const auto policy = value(R"({"description":"Anthropic Metrics: few"})");
  CHECK(is_ours(value(R"({"description":"Anthropic Metrics: many"})"), policy));
  CHECK_FALSE(is_ours(value(R"({"description":"mine"})"), policy));
}

TEST_CASE("only Fleet's own mark is Fleet's") {
  CHECK(is_of_fleet(
      value(R"({"_meta":{"managed_by":"fleet","package":{"name":"anthropic_metrics"}}})")));
  CHECK_FALSE(is_of_fleet(value(R"({"_meta":{"package":"anthropic_metrics"}})")));
  CHECK_FALSE(is_of_fleet(value("null")));
}

TEST_CASE("a mapping can be added to, but a field's type cannot change") {
  constexpr std::string_view ours =
      R"({"_meta":{"digest":"2"},"properties":{"a":{"type":"keyword"},"o":{"properties":{"b":{"type":"long"}}}}})";
  constexpr std::string_view more =
      R"({"_meta":{"digest":"2"},"dynamic":"true","properties":{"a":{"type":"keyword","ignore_above":1},
          "o":{"type":"object","properties":{"b":{"type":"long"},"c":{"type":"text"}}}}})";

  CHECK(compared(more, ours) == Mapping::same);
  CHECK(compared(R"({"_meta":{"digest":"2"},"properties":{"a":{"type":"keyword"}}})", ours) ==
        Mapping::smaller);
  CHECK(compared("{}", ours) == Mapping::smaller);
  // Equal fields under another mark: a parameter changed.
  CHECK(
      compared(
          R"({"_meta":{"digest":"1"},"properties":{"a":{"type":"keyword"},"o":{"properties":{"b":{"type":"long"}}}}})",
          ours) == Mapping::smaller);
  CHECK(compared(R"({"properties":{"a":{"type":"text"}}})", ours) == Mapping::other);
  CHECK(compared(R"({"properties":{"o":{"type":"keyword"}}})", ours) == Mapping::other);
  CHECK(compared(R"({"properties":{"a":{"properties":{}}}})", ours) == Mapping::other);
}
