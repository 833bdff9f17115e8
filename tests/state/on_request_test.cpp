// SPDX-License-Identifier: Apache-2.0
// An instance that reads nothing but what it is asked for: the proof's side of the comparison.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <optional>
#include <sstream>

#include "asking_world.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
using Kind = Asked::Kind;

namespace {

simulator::Options organization() {
  simulator::Options options;
  options.groups = 8;
  options.activity = 0.6;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.2;
  return options;
}

/// Of documents in the order of their coming: bucket starts and revisions.
std::vector<std::pair<std::string, std::int64_t>> places(
    const std::vector<std::string>& documents) {
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const std::string& batch : documents) {
    std::istringstream lines(batch);
    for (std::string line; std::getline(lines, line);) {
      const auto value = boost::json::parse(line);
      const auto& body = value.at("anthropic").at("usage").as_object();
      found.emplace_back(std::string(body.at("bucket_start_time").as_string()),
                         body.at("revision").as_int64());
    }
  }
  return found;
}

}  // namespace

TEST_CASE(
    "windows asked for give exactly the API's rows, in order, and nothing else is requested") {
  const std::string width = GENERATE(as<std::string>{}, "1m", "1h", "1d");
  CAPTURE(width);
  AskingWorld world(organization());
  world.width = width;
  world.groups = {"model", "workspace_id"};
  world.batch_documents = 50;
  const Instant now = day_of(world.time.server());
  world.start_on_request();
  world.drain();
  CHECK(world.simulator.requests().size() == 1);  // Whose numbers these are.
  CHECK(world.store.size() == 0);

  REQUIRE(world.ask(now - 48h, now - 24h).has_value());
  REQUIRE(world.ask(now - 24h, now).has_value());
  CHECK(world.runtime->asked().waiting == 2);
  world.drain();
  const auto progress = world.runtime->asked();
  CHECK(progress.waiting == 0);
  CHECK(progress.done == 2);
  CHECK(progress.failed == 0);
  CHECK(progress.reached == now);
  for (const std::string& text : world.compare(now - 48h, now)) FAIL_CHECK(text);
  const auto order = places(world.arrived);
  CHECK(order.size() == world.expected(now - 48h, now).size());
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(std::all_of(order.begin(), order.end(), [](const auto& one) { return one.second == 0; }));
  for (const auto& request : world.simulator.requests()) {
    INFO(request.target);
    CHECK((request.target == "/v1/organizations/me" ||
           request.target.find("usage_report/messages") != std::string::npos));
  }
}

TEST_CASE("what fails on the way is read again, and each row still comes once") {
  const auto seed = GENERATE(range(1, 31));
  CAPTURE(seed);
  AskingWorld world(organization());
  world.wire.random.seed(static_cast<std::uint64_t>(seed));
  world.wire.largest_piece = 300;
  world.batch_documents = seed % 7 + 1;
  Random random(static_cast<std::uint64_t>(seed));
  const char* kinds[] = {"truncate", "reset", "stall", "malformed", "missing_bucket"};
  world.time.freeze_server(
      true);  // So that nothing changes between the reading and the comparison.
  world.start_on_request();
  const Instant now = day_of(world.time.server());
  for (int day = 3; day > 0; --day) {
    REQUIRE_FALSE(world.simulator
                      .add_faults(fmt::format(R"({{"faults":[{{"kind":"{}","count":{}}}]}})",
                                              kinds[random() % 5], pick(random, 1, 2)))
                      .has_value());
    REQUIRE(world.ask(now - day * 24h, now - (day - 1) * 24h).has_value());
    world.drain();
  }
  CHECK(world.runtime->asked().done == 3);
  for (const std::string& text : world.compare(now - 72h, now)) FAIL_CHECK(text);
  CHECK(places(world.arrived).size() == world.expected(now - 72h, now).size());
}

TEST_CASE("what is not closed yet is left out, and progress says how far the window is") {
  AskingWorld world(organization());
  const Instant hour = hour_of(world.time.server());
  world.start_on_request();
  REQUIRE(world.ask(hour - 3h, hour + 5h).has_value());
  world.drain();
  CHECK(world.runtime->asked().reached == hour);
  for (const std::string& text : world.compare(hour - 3h, hour)) FAIL_CHECK(text);
}

TEST_CASE("a service that refuses fails the window, once, with its sentence") {
  AskingWorld world(organization());
  world.start_on_request();
  world.drain();
  REQUIRE_FALSE(
      world.simulator.add_faults(R"({"faults":[{"kind":"status","status":403,"count":0}]})"));
  const Instant hour = hour_of(world.time.server());
  REQUIRE(world.ask(hour - 3h, hour).has_value());
  world.drain();
  CHECK(world.runtime->asked().failed == 1);
  CHECK(world.runtime->asked().waiting == 0);
  CHECK(world.runtime->last_error().find("is not read: ") != std::string::npos);
}

TEST_CASE("rows of a grain that is withdrawn are taken to zero without a request") {
  AskingWorld world(organization());
  const Instant day = day_of(world.time.server());
  world.start_on_request();
  REQUIRE(world.ask(day - 24h, day).has_value());
  world.drain();
  const auto grain = world.grain();
  const std::size_t documents = world.store.size(), requests = world.simulator.requests().size();
  REQUIRE(documents > 20);
  REQUIRE(world.ask(day - 24h, day, Kind::withdraw, world.store.known(grain, day - 24h, day))
              .has_value());
  world.drain();
  CHECK(world.store.size() == 2 * documents);
  CHECK(world.simulator.requests().size() == requests);
  for (const auto& [place, sum] : world.store.sums(grain)) CHECK(sum == Sum{});
  // It is at zero, and taken from there when it is read again.
  REQUIRE(
      world.ask(day - 24h, day, Kind::told, world.store.known(grain, day - 24h, day)).has_value());
  world.drain();
  for (const std::string& text : world.compare(day - 24h, day)) FAIL_CHECK(text);
}

TEST_CASE("a store that another collector fills is brought to equality, its derived sum too") {
  AskingWorld world(organization());
  const Instant day = day_of(world.time.server());
  Random random(3);
  for (const auto& [place, sum] : world.expected(day - 24h, day))
    for (auto times = pick(random, 0, 2); times > 0; --times)
      world.store.add_foreign(place.first, place.second.front(), pick(random, 1, 99),
                              pick(random, 0, 1) * 7);
  world.store.add_foreign(day - 24h, "a model that nobody uses", 5, 3);
  world.start_on_request();
  world.drain();
  REQUIRE(world.ask(day - 24h, day, Kind::told, world.store.known(world.grain(), day - 24h, day))
              .has_value());
  world.drain();
  for (const std::string& text : world.compare(day - 24h, day)) FAIL_CHECK(text);
  CHECK(world.store.wrong_derived(world.grain()) == 0);
  CHECK(world.wrong_ids() == 0);
  const std::size_t documents = world.store.size();
  REQUIRE(world.ask(day - 24h, day, Kind::told, world.store.known(world.grain(), day - 24h, day))
              .has_value());
  world.drain();
  CHECK(world.store.size() == documents);
}

TEST_CASE("only an instance that remembers nothing and has not begun reads on request") {
  AskingWorld world(organization());
  world.start();
  const auto with_state = world.runtime->read_on_request();
  REQUIRE_FALSE(with_state.has_value());
  CHECK(with_state.error().code == Errc::argument);
  world.begin(false);
  world.drain();
  const auto polled = world.runtime->read_on_request();
  REQUIRE_FALSE(polled.has_value());
  CHECK(polled.error().message == "it has been polled: it reads by itself already");
}
