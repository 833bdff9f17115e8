// SPDX-License-Identifier: Apache-2.0
#include "control/json_struct.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <string>

#include "bytes.hpp"
#include "control/wire.hpp"

using namespace anthropic_metrics::host::control;
using anthropic_metrics::host::test::bytes;
namespace json = boost::json;

namespace {

std::string there_and_back(const std::string& text) {
  return json_text_of(to_struct(json::parse(text).as_object())).value_or("damaged");
}

// {"n": value}, read.
std::string number(double value) {
  json::object object;
  object["n"] = value;
  return json_text_of(to_struct(object)).value_or("damaged");
}

}  // namespace

TEST_CASE("a Struct is read as it stands in the protocol") {
  // {"a": null, "b": 1.5, "c": "x", "d": true, "e": {}, "f": [false]}
  const std::string message = bytes(
      "0a 07 0a 01 'a' 12 02 08 00"
      "0a 0e 0a 01 'b' 12 09 11 00 00 00 00 00 00 f8 3f"
      "0a 08 0a 01 'c' 12 03 1a 01 'x'"
      "0a 07 0a 01 'd' 12 02 20 01"
      "0a 07 0a 01 'e' 12 02 2a 00"
      "0a 0b 0a 01 'f' 12 06 32 04 0a 02 20 00");
  CHECK(json_text_of(message) == R"({"a":null,"b":1.5,"c":"x","d":true,"e":{},"f":[false]})");
  CHECK(to_struct(json::parse(*json_text_of(message)).as_object()) == message);
}

TEST_CASE("JSON comes back as it went, with sorted keys") {
  CHECK(there_and_back("{}") == "{}");
  CHECK(there_and_back(R"({"b":{"z":[1,[],{}],"a":""},"a":"\u00e4\"\\\n"})") ==
        "{\"a\":\"\u00e4\\\"\\\\\\u000a\",\"b\":{\"a\":\"\",\"z\":[1,[],{}]}}");
}

TEST_CASE("numbers without a fraction are integers below 2^53") {
  CHECK(number(0) == R"({"n":0})");
  CHECK(number(-0.0) == R"({"n":0})");
  CHECK(number(-3) == R"({"n":-3})");
  CHECK(number(9007199254740991.0) == R"({"n":9007199254740991})");
  CHECK(number(9007199254740992.0) == R"({"n":9007199254740992})");
  CHECK(number(0.1) == R"({"n":0.1})");
  CHECK(number(1e300) == R"({"n":1e+300})");
  CHECK(number(std::numeric_limits<double>::infinity()) == R"({"n":null})");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == R"({"n":null})");
}

TEST_CASE("the last of two values counts, and what is unknown does not") {
  CHECK(json_text_of(bytes("0a 08 0a 01 'a' 12 03 1a 01 'x'  0a 08 0a 01 'a' 12 03 1a 01 'y'")) ==
        R"({"a":"y"})");
  CHECK(json_text_of(bytes("0a 0a 0a 01 'a' 12 05 20 01 1a 01 'x'")) == R"({"a":"x"})");
  CHECK(json_text_of(bytes("0a 0b 0a 01 'a' 12 06 20 01 3a 01 '?' 08")) == std::nullopt);
  CHECK(json_text_of(bytes("0a 0a 0a 01 'a' 12 05 20 01 3a 01 '?'")) == R"({"a":true})");
  CHECK(json_text_of(bytes("0a 03 0a 01 'a'")) == R"({"a":null})");
}

TEST_CASE("text that is no UTF-8 becomes some") {
  const auto text = json_text_of(bytes("0a 08 0a 01 'a' 12 03 1a 01 ff"));
  REQUIRE(text);
  CHECK(*text == R"({"a":"\\xff"})");
}

TEST_CASE("nesting is read to its limit and refused beyond") {
  const auto nested = [](int depth) {
    std::string value = Writer().take();
    for (int i = 0; i < depth; ++i) {
      Writer list, outer;
      list.put_text(1, value);
      outer.put_text(6, list.bytes());
      value = outer.take();
    }
    Writer entry, object;
    entry.text(1, "a");
    entry.put_text(2, value);
    object.put_text(1, entry.bytes());
    return object.take();
  };
  CHECK(json_text_of(nested(most_depth - 1)));
  CHECK_FALSE(json_text_of(nested(most_depth)));
  CHECK_FALSE(json_text_of(nested(100'000 / 8)));
}
