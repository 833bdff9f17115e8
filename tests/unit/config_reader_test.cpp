// SPDX-License-Identifier: Apache-2.0
#include "settings/config_reader.hpp"

#include <boost/json/parse.hpp>

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::contains;

/// A reader over an object that it keeps.
struct Config {
  explicit Config(std::string_view text) : value(boost::json::parse(text)) {}

  boost::json::value value;
  Faults faults;
  ConfigReader in{value.as_object(), "/here", faults};
};

TEST_CASE("a key that is missing or null gives the fallback and no fault") {
  Config config(R"({"null": null})");
  for (const char* key : {"missing", "null"}) {
    CHECK(config.in.text(key, "x") == "x");
    CHECK(config.in.boolean(key, true));
    CHECK(config.in.integer(key, 7, 1, 10) == 7);
    CHECK(config.in.duration(key, 5min, 1s, 1h) == 5min);
    CHECK(config.in.texts(key, {"a"}) == std::vector<std::string>{"a"});
    CHECK(config.in.choice(key, {"a", "b"}, "b") == "b");
    CHECK(config.in.object(key) == nullptr);
    CHECK_FALSE(config.in.has(key));
  }
  config.in.refuse_unknown_keys();
  CHECK(config.faults.empty());
}

TEST_CASE("a value of the right type is taken") {
  Config config(
      R"({"text": "a", "boolean": false, "integer": 3, "duration": "90s", "texts": ["x", "y"],
                    "one": "x", "choice": "b", "object": {"k": 1}})");

  CHECK(config.in.text("text", "") == "a");
  CHECK_FALSE(config.in.boolean("boolean", true));
  CHECK(config.in.integer("integer", 7, 1, 10) == 3);
  CHECK(config.in.duration("duration", 5min, 1s, 1h) == 90s);
  CHECK(config.in.texts("texts", {}) == std::vector<std::string>{"x", "y"});
  CHECK(config.in.texts("one", {}) == std::vector<std::string>{"x"});
  CHECK(config.in.choice("choice", {"a", "b"}, "a") == "b");
  REQUIRE(config.in.object("object") != nullptr);
  CHECK(config.in.object("object")->size() == 1);
  CHECK(config.in.has("text"));
  CHECK(config.faults.empty());
}

TEST_CASE("a value of another type is a fault with pointer and value, and the fallback is used") {
  Config config(R"({"v": [1]})");

  SECTION("text") {
    CHECK(config.in.text("v", "x") == "x");
  }
  SECTION("boolean") {
    CHECK(config.in.boolean("v", true));
  }
  SECTION("integer") {
    CHECK(config.in.integer("v", 7, 1, 10) == 7);
  }
  SECTION("duration") {
    CHECK(config.in.duration("v", 5min, 1s, 1h) == 5min);
  }
  SECTION("choice") {
    CHECK(config.in.choice("v", {"a", "b"}, "b") == "b");
  }
  SECTION("object") {
    CHECK(config.in.object("v") == nullptr);
  }

  REQUIRE(config.faults.size() == 1);
  CHECK(config.faults[0].starts_with("/here/v: [1]: expected"));
}

TEST_CASE("bounds are part of the expectation") {
  Config config(
      R"({"low": 0, "high": 11, "big": 9223372036854775808, "short": "1s", "long": "2h"})");

  for (const char* key : {"low", "high", "big"}) CHECK(config.in.integer(key, 7, 1, 10) == 7);
  for (const char* key : {"short", "long"}) CHECK(config.in.duration(key, 5min, 1min, 1h) == 5min);

  REQUIRE(config.faults.size() == 5);
  for (int i = 0; i < 3; ++i)
    CHECK(contains(config.faults[static_cast<std::size_t>(i)], "from 1 to 10"));
  for (int i = 3; i < 5; ++i)
    CHECK(contains(config.faults[static_cast<std::size_t>(i)], "from 1m to 1h"));
}

TEST_CASE("the bounds themselves are within") {
  Config config(R"({"low": 1, "high": 10, "short": "1m", "long": "1h"})");

  CHECK(config.in.integer("low", 7, 1, 10) == 1);
  CHECK(config.in.integer("high", 7, 1, 10) == 10);
  CHECK(config.in.duration("short", 5min, 1min, 1h) == 1min);
  CHECK(config.in.duration("long", 5min, 1min, 1h) == 1h);
  CHECK(config.faults.empty());
}

TEST_CASE("every element of a list that is no string is a fault of its own") {
  Config config(R"({"list": ["a", 1, "b", null]})");

  CHECK(config.in.texts("list", {}) == std::vector<std::string>{"a", "b"});

  REQUIRE(config.faults.size() == 2);
  CHECK(config.faults[0].starts_with("/here/list/1: 1"));
  CHECK(config.faults[1].starts_with("/here/list/3: null"));
}

TEST_CASE("the value of a key named key is never shown") {
  Config config(R"({"admin_api_key": ["hidden"], "key": {"x": "hidden"}})");

  config.in.text("admin_api_key", "");
  config.in.text("key", "");

  REQUIRE(config.faults.size() == 2);
  for (const auto& fault : config.faults) CHECK_FALSE(contains(fault, "hidden"));
}

TEST_CASE("a long value is cut") {
  Config config(R"({"v": [")" + std::string(1000, 'x') + R"("]})");

  config.in.boolean("v", false);

  REQUIRE(config.faults.size() == 1);
  CHECK(config.faults[0].size() < 200);
  CHECK(contains(config.faults[0], "..."));
}

TEST_CASE("keys nobody asked for are faults that list the known ones, in order and once") {
  Config config(R"({"a": "x", "zz": 1, "b/~": 2})");
  config.in.text("b", "");
  config.in.text("a", "");
  config.in.text("a", "");

  config.in.refuse_unknown_keys();

  REQUIRE(config.faults.size() == 2);
  CHECK(config.faults[0] == "/here/zz: unknown setting; remove it or use one of a, b");
  CHECK(config.faults[1] == "/here/b~1~0: unknown setting; remove it or use one of a, b");
}

}  // namespace
}  // namespace anthropic_metrics
