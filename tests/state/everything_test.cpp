// SPDX-License-Identifier: Apache-2.0
// Months of all streams at once, with restarts and crashes; and how many requests a large
// organization costs.
//
//   AM_SEED=<n>   of the organization and of what happens to it
#include "everything.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "final_check.hpp"
#include "streams/registry.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;
namespace streams = anthropic_metrics::streams;

namespace {

std::uint64_t seed() {
  const char* text = std::getenv("AM_SEED");
  return text == nullptr || *text == '\0' ? 1 : std::strtoull(text, nullptr, 10);
}

simulator::Options organization() {
  simulator::Options options;
  options.seed = seed();
  options.kind = simulator::OrganizationKind::any;
  options.epoch = std::chrono::sys_days{std::chrono::year{2026} / 9 / 7} + 12h + 30min;
  options.groups = 4;
  options.directory_change_rate = 0.1;
  options.revision_rate = 0.1;
  return options;
}

std::set<std::string> compared(const simulator::CheckReport& report) {
  std::set<std::string> names;
  for (const auto& stream : report.streams) names.insert(stream.stream);
  return names;
}

}  // namespace

TEST_CASE("months of every stream, with crashes and restarts, are exact where all is final") {
  Everything world(organization());
  Random random(seed());
  for (int day = 0; day < 35; ++day) {
    if (chance(random, 60)) world.die_within(pick(random, 1, 400));
    world.pass(std::chrono::minutes(pick(random, 600, 1500)));
    if (chance(random, 30)) world.start();
  }
  // Nothing older than this will change any more, and it is read again once it is final.
  const auto cutoff = std::chrono::floor<std::chrono::days>(world.now()) - std::chrono::days{1};
  world.start();
  world.pass(32 * 24h);
  // To where the names of this half day have been read.
  const auto noon = std::chrono::floor<std::chrono::days>(world.now()) + std::chrono::days{1} + 14h;
  world.pass(noon - world.now());

  const simulator::CheckReport report = world.check(cutoff);
  INFO("AM_SEED=" << seed() << '\n' << shown(report) << world.log());
  CHECK(report.passed(true));
  CHECK(world.deaths() > 5);
  const std::set<std::string> names = compared(report);
  for (const auto& stream : streams::all()) {
    CAPTURE(stream.name);
    if (simulator::Api::serves(stream.path)) CHECK(names.contains(std::string(stream.name)));
  }
  const auto days = std::chrono::floor<std::chrono::days>(world.now() - organization().epoch);
  std::cout << days.count() << " days of every stream, " << world.deaths() << " crashes:\n"
            << shown(report);
}

TEST_CASE("an organization with a hundred workspaces costs a request a minute at most") {
  simulator::Options options = organization();
  options.workspaces = 100;
  options.keys_per_workspace = 3;
  Everything world(options);
  world.pass(3h);  // what the first poll has to catch up with
  world.forget_requests();
  constexpr auto hours = 24;
  world.pass(std::chrono::hours{hours});

  std::map<std::string, std::size_t> by_path;
  for (const auto& request : world.simulator().requests()) {
    std::string path = request.target.substr(0, request.target.find('?'));
    if (path.ends_with("/rate_limits") && path.find("/workspaces/") != std::string::npos)
      path = "workspaces/{id}/rate_limits";
    ++by_path[path];
  }
  std::size_t all = 0;
  std::ostringstream text;
  for (const auto& [path, count] : by_path) {
    all += count;
    text << "  " << path << ": " << count << '\n';
  }
  INFO(text.str());
  CHECK(all <= hours * 60);
  CHECK(by_path["workspaces/{id}/rate_limits"] >= 100 * 2);
  std::cout << static_cast<double>(all) / (hours * 60) << " requests a minute:\n" << text.str();
}
