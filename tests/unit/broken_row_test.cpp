// SPDX-License-Identifier: Apache-2.0
// A row that is no JSON: damaged on its way, it is there at the next try; written so by the API, it
// must not stop the stream.
#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::me;
using test::report;
using test::Usage;

/// Each bucket has such a row, too.
std::string broken(const std::string& target) {
  std::string text = report(target, 10);
  const std::string place = R"("results":[)";
  for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += place.size())
    text.insert(at + place.size(), R"({"model":"x","output_tokens":nil},)");
  return text;
}

/// A world whose first readings are broken; how many there were.
struct Broken {
  explicit Broken(int readings) {
    usage.instead = [this, readings](const std::string& target) -> std::optional<Answer> {
      if (target == me || seen++ >= readings) return std::nullopt;
      return Answer{.pieces = {broken(target)}};
    };
  }
  Usage usage;
  int seen = 0;
};

TEST_CASE("a row that was damaged on its way is there at the next try, and nothing is set aside") {
  Broken world(2);
  world.usage.run(0s);
  CHECK(world.usage.status().health == Health::degraded);
  CHECK(world.usage.status().documents == 0);
  world.usage.run(30min);
  CHECK(world.seen > 2);
  CHECK(world.usage.status().health == Health::healthy);
  CHECK(world.usage.status().set_aside_rows() == 0);
  CHECK(world.usage.status().error_code.empty());
}

TEST_CASE(
    "a row that the API writes broken is set aside at the third reading, and not asked for three "
    "times again") {
  Broken world(1000);
  world.usage.run(30min);
  CHECK(world.seen >= 5);
  CHECK(world.usage.status().set_aside_rows() >= 3);
  CHECK(world.usage.status().documents >= 6);
  CHECK(world.usage.status().cursor >= test::at("2026-09-01T12:00:00Z"));
  // The two readings that failed and one that only asked for the time, and no more.
  CHECK(world.usage.status().pages >= world.seen - 3);
}

}  // namespace
}  // namespace anthropic_metrics
