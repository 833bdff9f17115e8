// SPDX-License-Identifier: Apache-2.0
#include "control/check_in.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "control/wire.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::control;
using namespace std::chrono_literals;

namespace {

using Time = CheckIn::Time;
const UnitName one{UnitSide::input, "one"};
const UnitName two{UnitSide::input, "two"};
const UnitName out{UnitSide::output, "out"};

WantedUnit wanted(const UnitName& name, std::uint64_t index, const char* source = nullptr) {
  WantedUnit unit{name, true, index, nullptr, LogLevel::info};
  if (source != nullptr) unit.source = secret_text(source);
  return unit;
}

SeenUnit seen(const UnitName& name, std::uint64_t index, UnitState state = UnitState::healthy,
              const char* message = "") {
  return {name, index, state, message, {}};
}

Expected expected(std::vector<WantedUnit> units, std::uint64_t features = 2) {
  return {std::move(units), features, 2, std::nullopt};
}

// What a message holds, as far as these tests ask.
struct Told {
  std::vector<std::string> units{};  // their ids
  bool programme = false;
  std::uint64_t features = 0;
};

Told told(const std::string& message) {
  Told result;
  REQUIRE(for_each_field(message, [&](const Field& field) {
    if (field.is_bytes(2)) {
      for_each_field(field.bytes, [&](const Field& part) {
        if (part.is_bytes(1)) result.units.emplace_back(part.bytes);
        return true;
      });
    }
    result.programme = result.programme || field.is_bytes(3);
    if (field.is_number(5)) result.features = field.number;
    return true;
  }));
  return result;
}

using Ids = std::vector<std::string>;

// A component that is connected, at a time of its own.
struct World {
  CheckIn check_in{{{"am", {}, ""}, 25s, 1'000'000, 7}};
  Time now{1h};

  bool is_due() const { return check_in.due() && *check_in.due() <= now; }
  Told tell() {
    REQUIRE(is_due());
    return told(check_in.next("tok", now));
  }
  void pass(std::chrono::milliseconds time) { now += time; }
  // Through the start, up to where all is well and told.
  void begin(std::vector<WantedUnit> units) {
    check_in.open();
    tell();
    std::vector<SeenUnit> report;
    for (const WantedUnit& unit : units) report.push_back(seen(unit.name, unit.index));
    REQUIRE(check_in.take(expected(std::move(units)), now));
    REQUIRE(check_in.take_wanted());
    check_in.report(std::move(report));
    pass(CheckIn::spacing);
    tell();
    pass(1s);
    REQUIRE_FALSE(is_due());
  }
};

}  // namespace

TEST_CASE("nothing is due before there is a stream, then the first message is at once") {
  World world;
  CHECK_FALSE(world.check_in.due());
  CHECK_FALSE(world.check_in.take_wanted());
  world.check_in.open();
  const Told first = world.tell();
  CHECK(first.programme);
  CHECK(first.units.empty());
  world.check_in.close();
  CHECK_FALSE(world.check_in.due());
}

TEST_CASE("an echo of indexes and a report that follows go in one message") {
  World world;
  world.check_in.open();
  world.tell();
  world.pass(5ms);
  CHECK(world.check_in.take(expected({wanted(one, 1, "{}"), wanted(out, 1, "{}")}), world.now));
  CHECK_FALSE(world.is_due());
  world.pass(5ms);
  world.check_in.report({seen(one, 1), seen(out, 1)});
  world.pass(CheckIn::spacing);
  const Told second = world.tell();
  CHECK(second.units == Ids{"one", "out"});
  CHECK(second.features == 2);
  CHECK_FALSE(second.programme);
  CHECK(world.check_in.due() == world.now + 25s);
}

TEST_CASE("an echo alone is sent soon, and once") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  CHECK_FALSE(world.check_in.take(expected({wanted(one, 1)}, 3), world.now));
  CHECK_FALSE(world.is_due());
  world.pass(CheckIn::spacing);
  CHECK(world.tell().features == 3);
  CHECK(world.check_in.due() == world.now + 25s);
}

TEST_CASE("what is asked again makes no message, whatever the state of the units") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  for (const UnitState state : {UnitState::degraded, UnitState::failed, UnitState::starting}) {
    world.check_in.report({seen(one, 1, state)});
    CHECK(world.tell().units == Ids{"one"});
    for (int i = 0; i < 100; ++i) {
      world.pass(10ms);
      CHECK_FALSE(world.check_in.take(expected({wanted(one, 1)}), world.now));
      CHECK_FALSE(world.is_due());
    }
  }
}

TEST_CASE("another state or index is due at once, other words with the next regular message") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  const Time before = world.now;
  world.check_in.report({seen(one, 1, UnitState::healthy, "words")});
  CHECK_FALSE(world.is_due());
  CHECK(*world.check_in.due() > before + 23s);
  CHECK(world.check_in.has_untold());
  world.check_in.report({seen(one, 1, UnitState::degraded, "words")});
  world.tell();
  CHECK_FALSE(world.check_in.has_untold());
  world.pass(1s);
  world.check_in.report({seen(one, 2, UnitState::degraded, "words")});
  CHECK(world.is_due());
}

TEST_CASE("changes that come together are told together") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  world.check_in.report({seen(one, 1, UnitState::degraded)});
  world.tell();
  world.check_in.report({seen(one, 1, UnitState::healthy)});
  CHECK_FALSE(world.is_due());
  world.pass(CheckIn::spacing);
  CHECK(world.is_due());
}

TEST_CASE("a state that comes back before it was told is no change") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  world.check_in.report({seen(one, 1, UnitState::degraded)});
  world.check_in.report({seen(one, 1, UnitState::healthy)});
  CHECK_FALSE(world.is_due());
}

TEST_CASE("a configuration is kept while none comes along") {
  World world;
  world.begin({wanted(one, 1, R"({"a":1})")});
  WantedUnit louder = wanted(one, 1);
  louder.level = LogLevel::debug;
  CHECK(world.check_in.take(expected({louder}), world.now));
  const auto units = world.check_in.take_wanted();
  REQUIRE(units);
  CHECK(units->at(0).level == LogLevel::debug);
  CHECK(units->at(0).source->expose([](auto text) { return std::string(text); }) == R"({"a":1})");
  CHECK_FALSE(world.check_in.take_wanted());
  // The same text again, as with a new stream, is nothing new.
  louder.source = secret_text(R"({"a":1})");
  CHECK_FALSE(world.check_in.take(expected({louder}), world.now));
}

TEST_CASE(
    "a unit that is to stop is told of until it has stopped, then until the Agent forgets it") {
  World world;
  world.begin({wanted(one, 1, "{}"), wanted(two, 1, "{}")});
  WantedUnit stopping = wanted(two, 1);
  stopping.runs = false;
  CHECK(world.check_in.take(expected({wanted(one, 1), stopping}), world.now));
  auto units = world.check_in.take_wanted();
  REQUIRE(units);
  REQUIRE(units->size() == 2);
  CHECK_FALSE(units->at(1).runs);

  world.check_in.report({seen(one, 1), seen(two, 1, UnitState::stopped)});
  CHECK(world.tell().units == Ids{"one", "two"});
  units = world.check_in.take_wanted();
  REQUIRE(units);
  CHECK(units->size() == 1);

  // It is not reported any more, but the Agent has not forgotten it.
  world.check_in.report({seen(one, 1)});
  world.pass(25s);
  CHECK(world.tell().units == Ids{"one", "two"});
  CHECK_FALSE(world.check_in.take(expected({wanted(one, 1)}), world.now));
  CHECK_FALSE(world.is_due());
  world.pass(25s);
  CHECK(world.tell().units == Ids{"one"});
}

TEST_CASE("a unit that the Agent forgets unasked is to stop, and is not spoken of") {
  World world;
  world.begin({wanted(one, 1, "{}"), wanted(two, 1, "{}")});
  CHECK(world.check_in.take(expected({wanted(one, 1)}), world.now));
  auto units = world.check_in.take_wanted();
  REQUIRE(units);
  REQUIRE(units->size() == 2);
  CHECK_FALSE(units->at(1).runs);
  world.pass(25s);
  CHECK(world.tell().units == Ids{"one"});
  world.check_in.report({seen(one, 1), seen(two, 1, UnitState::stopped)});
  units = world.check_in.take_wanted();
  REQUIRE(units);
  CHECK(units->size() == 1);
}

TEST_CASE("a unit that comes back after it stopped runs again") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  WantedUnit stopping = wanted(one, 1);
  stopping.runs = false;
  world.check_in.take(expected({stopping}), world.now);
  world.check_in.report({seen(one, 1, UnitState::stopped)});
  world.tell();
  CHECK(world.check_in.take(expected({wanted(one, 2, R"({"b":2})")}), world.now));
  const auto units = world.check_in.take_wanted();
  REQUIRE(units);
  REQUIRE(units->size() == 1);
  CHECK(units->at(0).runs);
  CHECK(units->at(0).index == 2);
}

TEST_CASE("a new stream begins with all that is known") {
  World world;
  world.begin({wanted(one, 1, "{}")});
  world.check_in.close();
  world.check_in.report({seen(one, 1, UnitState::degraded)});
  CHECK_FALSE(world.check_in.due());
  world.check_in.open();
  const Told first = world.tell();
  CHECK(first.programme);
  CHECK(first.units == Ids{"one"});
  CHECK(first.features == 2);
}

TEST_CASE("parts of a list count when the last has come") {
  World world;
  world.check_in.open();
  world.tell();
  const ChunkMark mark{5, 0}, other{6, 0};
  const auto part = [&](std::vector<WantedUnit> units, ChunkMark of, std::uint64_t index) {
    return world.check_in.take({std::move(units), index, index, of}, world.now);
  };
  CHECK_FALSE(part({wanted(two, 1, "{}")}, mark, 2));
  CHECK_FALSE(part({wanted(one, 1, "{}")}, other, 2));  // the first list was given up
  CHECK_FALSE(part({wanted(out, 1, "{}")}, other, 0));
  CHECK_FALSE(world.check_in.take_wanted());
  CHECK(part({}, other, 0));
  const auto units = world.check_in.take_wanted();
  REQUIRE(units);
  CHECK(units->size() == 2);
  world.pass(CheckIn::spacing);
  CHECK(world.tell().features == 2);
}

TEST_CASE("an empty list is one") {
  World world;
  world.check_in.open();
  world.tell();
  CHECK(world.check_in.take(expected({}), world.now));
  const auto units = world.check_in.take_wanted();
  REQUIRE(units);
  CHECK(units->empty());
}

TEST_CASE("payloads are left out where they are too much for a message") {
  CheckIn check_in{{{"am", {}, ""}, 25s, 500, 7}};
  check_in.open();
  check_in.take(expected({wanted(one, 1, "{}")}), Time{1h});
  SeenUnit unit = seen(one, 1);
  unit.payload["streams"] = std::string(1000, 'x');
  check_in.report({unit});
  const std::string message = check_in.next("tok", Time{1h});
  CHECK(message.size() < 500);
  CHECK(told(message).units == Ids{"one"});
}
