// SPDX-License-Identifier: Apache-2.0
// `run --once` for real, against a simulated organization: what it leaves, and how it ends when not
// every stream succeeds.
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <sstream>

#include "canary.hpp"
#include "organization.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;

namespace {

bool says(const Ended& ended, const std::string& text) {
  return ended.log.find(text) != std::string::npos;
}

/// The health documents: status by stream.
std::multimap<std::string, std::string> health(const ScratchFolder& folder) {
  std::multimap<std::string, std::string> found;
  std::istringstream lines(
      contents(folder / "out/metrics-anthropic_metrics.health-default.ndjson"));
  for (std::string line; std::getline(lines, line);) {
    const auto document = boost::json::parse(line);
    const auto& row = document.at_pointer("/anthropic/health");
    found.emplace(row.at("stream").as_string().c_str(), row.at("status").as_string().c_str());
  }
  return found;
}

using Health = std::multimap<std::string, std::string>;

}  // namespace

TEST_CASE("a single round leaves the health documents of that round") {
  const World world;
  write_policy(world.folder, world);

  const Ended ended = once(world.folder);

  CAPTURE(ended.log);
  CHECK(ended.code == 0);
  CHECK(health(world.folder) ==
        Health{{"usage", "healthy"}, {"cost", "healthy"}, {"rate_limit", "healthy"}});
}

TEST_CASE("a round ends although no credential opens a stream that was asked for, and says so") {
  const World world;
  write_policy(world.folder, world);
  std::ofstream(world.folder / "policy.yml", std::ios::app)
      << "      - data_stream.dataset: anthropic_metrics.analytics_user\n";

  const Ended ended = once(world.folder);

  CAPTURE(ended.log);
  CHECK(ended.code == 0);
  CHECK(ended.took < 40s);
  CHECK(says(ended,
             "now degraded: analytics_user: no credential of this input opens this stream; "
             "it needs enterprise_api_key"));
  CHECK(health(world.folder) == Health{{"usage", "healthy"},
                                       {"cost", "healthy"},
                                       {"rate_limit", "healthy"},
                                       {"analytics_user", "degraded"}});
}

TEST_CASE("a round ends when a stream is refused, although another one hangs") {
  const World world(1, R"({"faults": [
    {"path": "/v1/organizations/cost_report", "kind": "status", "status": 403, "count": 0},
    {"path": "/v1/organizations/usage_report/messages", "kind": "stall", "count": 0}]})");
  write_policy(world.folder, world);

  const Ended ended = once(world.folder);

  CAPTURE(ended.log);
  CHECK(ended.code == 77);
  CHECK(says(ended, "the service refuses the requests"));
  CHECK(ended.took < 40s);
  CHECK(health(world.folder).contains("cost"));
}

TEST_CASE("a key that cannot be read is a fault of the configuration, told without the key") {
  const World world;
  const std::string file = (world.folder / "key").string();
  write_policy(world.folder, world, "file:" + file);
  struct Case {
    std::string text;
    mode_t mode;
    std::string sentence;
  };
  const std::string key(simulator::default_admin_key);
  for (const Case& c : {Case{"", 0, "does not exist"},
                        {"\"" + key + "\"\n", 0600, "it stands in quotes; take them off"},
                        {"ANTHROPIC_ADMIN_KEY=" + key + "\n", 0600, "a name stands before it"},
                        {key, 0644, "others may read it (mode 0644); run chmod 600 " + file}}) {
    if (c.mode != 0) {
      std::ofstream(file) << c.text;
      REQUIRE(chmod(file.c_str(), c.mode) == 0);
    }
    const Ended ended = once(world.folder);
    CAPTURE(c.sentence, ended.log);
    CHECK(ended.code == 78);
    CHECK(says(ended, c.sentence));
    CHECK_FALSE(says(ended, "the service refuses"));
    CHECK_FALSE(says(ended, key));
    discard(world.folder / "data");
  }
}

TEST_CASE("the state of another organization is refused with both ids") {
  const World first(1);
  const World second(2);
  write_policy(first.folder, first);
  REQUIRE(once(first.folder).code == 0);
  write_policy(first.folder, second);

  const Ended ended = once(first.folder);

  CAPTURE(ended.log);
  CHECK(ended.code == 78);
  CHECK(says(ended, "belongs to organization"));
  CHECK(ended.took < 40s);
}
