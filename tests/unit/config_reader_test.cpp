// SPDX-License-Identifier: Apache-2.0
#include "settings/config_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <stdexcept>

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::contains;

/// A row of each kind, under the name of its kind; and two that no message may repeat.
std::vector<Setting> rows() {
  return {
      {.key = "text", .fallback = "x"},
      {.key = "choice", .fallback = "b", .choices = {"a", "b"}},
      {.key = "boolean", .kind = Kind::boolean, .fallback = true},
      {.key = "integer", .kind = Kind::integer, .fallback = 7, .least = 1, .most = 10},
      {.key = "duration", .kind = Kind::duration, .fallback = "5m", .least = "1m", .most = "1h"},
      {.key = "texts", .kind = Kind::texts, .fallback = boost::json::array{"a"}},
      {.key = "object", .kind = Kind::object, .settings = {{.key = "k"}}},
      {.key = "objects", .kind = Kind::objects, .settings = {{.key = "k"}}},
      {.key = "secret", .secret = true},
      {.key = "withheld", .withheld = true}};
}

/// A reader over an object that it keeps.
struct Config {
  explicit Config(std::string_view text) : value(boost::json::parse(text)) {}

  boost::json::value value;
  std::vector<Setting> settings = rows();
  Faults faults;
  ConfigReader in{value.as_object(), settings, "/here", faults};
};

TEST_CASE("a key that is missing or null gives the row's fallback and no fault") {
  for (const char* text :
       {"{}", R"({"text": null, "choice": null, "boolean": null, "integer": null, "duration": null,
                  "texts": null, "object": null, "objects": null})"}) {
    Config config(text);
    CHECK(config.in.text("text") == "x");
    CHECK(config.in.boolean("boolean"));
    CHECK(config.in.integer("integer") == 7);
    CHECK(config.in.duration("duration") == 5min);
    CHECK(config.in.texts("texts") == std::vector<std::string>{"a"});
    CHECK(config.in.choice("choice") == "b");
    CHECK(config.in.object("object").empty());
    CHECK(config.in.part("object").text("k").empty());
    CHECK(config.in.parts("objects").empty());
    CHECK_FALSE(config.in.has("text"));
    config.in.refuse_unknown_keys();
    CHECK(config.faults.empty());
  }
}

TEST_CASE("a value of the right type is taken") {
  Config config(
      R"({"text": "a", "boolean": false, "integer": 3, "duration": "90s", "texts": ["x", "y"],
          "choice": "a", "object": {"k": "1"}, "objects": [{"k": "2"}, {"k": "3"}]})");

  CHECK(config.in.text("text") == "a");
  CHECK(config.in.words("text") == "a");
  CHECK_FALSE(config.in.boolean("boolean"));
  CHECK(config.in.integer("integer") == 3);
  CHECK(config.in.duration("duration") == 90s);
  CHECK(config.in.texts("texts") == std::vector<std::string>{"x", "y"});
  CHECK(Config(R"({"texts": "x"})").in.texts("texts") == std::vector<std::string>{"x"});
  CHECK(config.in.choice("choice") == "a");
  CHECK(config.in.object("object").size() == 1);
  CHECK(config.in.part("object").text("k") == "1");
  REQUIRE(config.in.parts("objects").size() == 2);
  CHECK(config.in.parts("objects")[1].text("k") == "3");
  CHECK(config.in.has("text"));
  CHECK(config.faults.empty());
}

TEST_CASE("a value of another type is a fault with pointer and value, and the fallback is used") {
  const std::string key =
      GENERATE("text", "choice", "boolean", "integer", "duration", "texts", "object", "objects");
  Config config("{\"" + key + "\": " + (key == "texts" || key == "objects" ? "{}" : "[1]") + "}");

  if (key == "text") CHECK(config.in.text(key) == "x");
  if (key == "choice") CHECK(config.in.choice(key) == "b");
  if (key == "boolean") CHECK(config.in.boolean(key));
  if (key == "integer") CHECK(config.in.integer(key) == 7);
  if (key == "duration") CHECK(config.in.duration(key) == 5min);
  if (key == "texts") CHECK(config.in.texts(key) == std::vector<std::string>{"a"});
  if (key == "object") CHECK(config.in.object(key).empty());
  if (key == "objects") CHECK(config.in.parts(key).empty());

  REQUIRE(config.faults.size() == 1);
  const bool list = key == "texts" || key == "objects";
  CHECK(config.faults[0].starts_with("/here/" + key + (list ? ": {}: " : ": [1]: ") + "expected"));
}

TEST_CASE("bounds are part of the expectation") {
  for (const char* number : {"0", "11", "9223372036854775808"}) {
    Config config(std::string(R"({"integer": )") + number + "}");
    CHECK(config.in.integer("integer") == 7);
    REQUIRE(config.faults.size() == 1);
    CHECK(contains(config.faults[0], "from 1 to 10"));
  }
  for (const char* duration : {"1s", "2h"}) {
    Config config(std::string(R"({"duration": ")") + duration + "\"}");
    CHECK(config.in.duration("duration") == 5min);
    REQUIRE(config.faults.size() == 1);
    CHECK(contains(config.faults[0], "from 1m to 1h"));
  }
}

TEST_CASE("the bounds themselves are within") {
  Config low(R"({"integer": 1, "duration": "1m"})"), high(R"({"integer": 10, "duration": "1h"})");

  CHECK(low.in.integer("integer") == 1);
  CHECK(high.in.integer("integer") == 10);
  CHECK(low.in.duration("duration") == 1min);
  CHECK(high.in.duration("duration") == 1h);
  CHECK(low.faults.empty());
  CHECK(high.faults.empty());
}

TEST_CASE("every element of a list that is of another type is a fault of its own") {
  Config config(R"({"texts": ["a", 1, "b", null], "objects": [{}, 7]})");

  CHECK(config.in.texts("texts") == std::vector<std::string>{"a", "b"});
  CHECK(config.in.parts("objects").size() == 1);

  REQUIRE(config.faults.size() == 3);
  CHECK(config.faults[0].starts_with("/here/texts/1: 1"));
  CHECK(config.faults[1].starts_with("/here/texts/3: null"));
  CHECK(config.faults[2].starts_with("/here/objects/1: 7"));
}

TEST_CASE("what is within an object is named by its whole place") {
  Config config(R"({"object": {"k": 1, "z": 2}})");
  ConfigReader part = config.in.part("object");

  part.text("k");
  part.refuse_unknown_keys();
  part.fault("is odd");

  REQUIRE(config.faults.size() == 3);
  CHECK(config.faults[0].starts_with("/here/object/k: 1: expected"));
  CHECK(config.faults[1] == "/here/object/z: unknown setting; remove it or use one of k");
  CHECK(config.faults[2] == "/here/object: is odd");
}

TEST_CASE("the value of a setting that may hold a secret is never shown") {
  Config config(R"({"secret": ["hidden"], "withheld": {"x": "hidden"}})");

  config.in.text("secret");
  config.in.text("withheld");

  REQUIRE(config.faults.size() == 2);
  for (const auto& fault : config.faults) CHECK_FALSE(contains(fault, "hidden"));
}

TEST_CASE("a long value is cut") {
  Config config(R"({"boolean": [")" + std::string(1000, 'x') + R"("]})");

  config.in.boolean("boolean");

  REQUIRE(config.faults.size() == 1);
  CHECK(config.faults[0].size() < 200);
  CHECK(contains(config.faults[0], "..."));
}

TEST_CASE("keys without a row are faults that list those that have one, in order") {
  Config config(R"({"text": "x", "zz": 1, "b/~": 2})");

  config.in.refuse_unknown_keys();

  REQUIRE(config.faults.size() == 2);
  const std::string known =
      ": unknown setting; remove it or use one of boolean, choice, duration, integer, object, "
      "objects, secret, text, texts, withheld";
  CHECK(config.faults[0] == "/here/zz" + known);
  CHECK(config.faults[1] == "/here/b~1~0" + known);
}

TEST_CASE("asking for a setting that the table does not have is a mistake of the program") {
  Config config("{}");
  CHECK_THROWS_AS(config.in.text("nobody"), std::logic_error);
}

}  // namespace
}  // namespace anthropic_metrics
