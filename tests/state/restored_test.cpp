// SPDX-License-Identifier: Apache-2.0
// For real: a state that was put back from a copy while the documents went on. The host says so at
// every start with both numbers, goes on, and is quiet again once it was acknowledged.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "host_process.hpp"
#include "scratch_folder.hpp"
#include "simulator/server.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;
namespace fs = std::filesystem;

namespace {

struct World {
  ScratchFolder folder;
  simulator::Simulator simulator{options()};
  simulator::Server server{simulator, {.certificates = certificates(folder)}};
  fs::path state = folder / "data/state/copied";

  World() {
    Inputs::add(folder / "policy.yml");
    std::ofstream(folder / "policy.yml") << fmt::format(
        R"(outputs:
  default: {{type: file, path: {}}}
inputs:
  - type: anthropic_metrics
    id: copied
    use_output: default
    admin_api_key: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    streams:
      - {{data_stream.dataset: anthropic_metrics.usage, initial_interval: 24h, settle: 0s}}
)",
        (folder / "out").string(), canary, server.url(), server.certificate_authority().string());
  }
  static simulator::Options options() {
    simulator::Options options;
    options.admin_key = canary;
    options.groups = 2;
    options.activity = 1;
    return options;
  }
  static fs::path certificates(const ScratchFolder& folder) {
    fs::create_directory(folder / "certificates");
    return folder / "certificates";
  }

  /// What the log said of an older state.
  bool says_older() {
    simulator.advance(3h);
    const int code = Process(folder, "run", {"--once", "--timeout", "60"}).wait();
    const std::string log = contents(folder / "log.txt");
    INFO(log);
    REQUIRE(code == 0);
    return log.find("is older than what was made from it") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("a state put back from a copy is told at every start until somebody acknowledges it") {
  World world;
  CHECK_FALSE(world.says_older());
  fs::copy(world.state, world.folder / "copy", fs::copy_options::recursive);
  CHECK_FALSE(world.says_older());
  CHECK_FALSE(world.says_older());

  // The whole directory, lock and all: only the output knows better.
  fs::remove_all(world.state);
  fs::copy(world.folder / "copy", world.state, fs::copy_options::recursive);
  CHECK(world.says_older());
  CHECK(contents(world.folder / "log.txt").find("output") != std::string::npos);
  CHECK(world.says_older());
  REQUIRE(fs::remove(world.state / "went-back.txt"));
  CHECK_FALSE(world.says_older());

  // Only the database: the lock knows, too.
  fs::copy_file(world.folder / "copy/ledger.db", world.state / "ledger.db",
                fs::copy_options::overwrite_existing);
  CHECK(world.says_older());
}
