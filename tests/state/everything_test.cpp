// SPDX-License-Identifier: Apache-2.0
// Months of all streams at once, with restarts and crashes; and how many requests a large
// organization costs.
//
//   AM_SEED=<n>   of the organization and of what happens to it
#include "everything.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
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

/// What was asked for, by path.
class Requests {
 public:
  explicit Requests(const simulator::Simulator& simulator) {
    for (const auto& request : simulator.requests()) {
      std::string path = request.target.substr(0, request.target.find('?'));
      if (path.ends_with("/rate_limits") && path.find("/workspaces/") != std::string::npos)
        path = "workspaces/{id}/rate_limits";
      ++by_path_[path];
      ++all_;
    }
  }
  std::size_t all() const { return all_; }
  std::size_t of(const std::string& path) const {
    const auto at = by_path_.find(path);
    return at == by_path_.end() ? 0 : at->second;
  }
  std::string text() const {
    std::ostringstream text;
    for (const auto& [path, count] : by_path_) text << "  " << path << ": " << count << '\n';
    return text.str();
  }

 private:
  std::map<std::string, std::size_t> by_path_;
  std::size_t all_ = 0;
};

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
  CHECK(world.check_totals() >= 3 * 3);
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

TEST_CASE("a day of the default policy costs 150 requests at most") {
  // However the start lies to the hours and to the day.
  const auto offset = GENERATE(0min, 37min, 11h + 55min);
  simulator::Options options;  // The organization that the simulator shows by itself.
  options.seed = seed();
  options.epoch += offset;
  Everything world(options, true);
  world.pass(26h);  // What the first polls have to catch up with, and a first midnight.
  world.forget_requests();
  world.pass(24h);

  const Requests asked(world.simulator());
  INFO(asked.text());
  // An hour of tokens each hour, and all that is still corrected once a day: some days so far,
  // which one of those requests brings; 30 days are four more. A day of money each day, three of
  // them every six hours; lists every hour, and what is in force in workspaces.
  CHECK(asked.all() + 4 <= 150);
  CHECK(asked.of("/v1/organizations/usage_report/messages") == 24);
  CHECK(asked.of("/v1/organizations/cost_report") <= 6);
  CHECK(asked.of("/v1/organizations/rate_limits") == 24);
  CHECK(asked.of("/v1/organizations/me") == 0);
  std::cout << asked.all() << " requests a day:\n" << asked.text();
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

  const Requests asked(world.simulator());
  INFO(asked.text());
  CHECK(asked.all() <= hours * 60);
  CHECK(asked.of("workspaces/{id}/rate_limits") >= 100 * 2);
  std::cout << static_cast<double>(asked.all()) / (hours * 60) << " requests a minute:\n"
            << asked.text();
}
