// SPDX-License-Identifier: Apache-2.0
// The key in the memory of the real program, which talks TLS to a simulated organization: after a
// round of requests it stands on pages of secrets and nowhere else, and no more often than these
// need it:
//   the input's configuration in the host, for a restart of the input   inline, environment
//   the host's log, to replace it                                       inline, environment
//   the plugin's live key                                               inline, environment, file
//   the plugin's scrubber, to replace it                                inline, environment, file
// The host puts a variable's value into the configuration, so to the plugin that key is inline too.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <thread>

#include "child_memory.hpp"
#include "host_process.hpp"
#include "scratch_folder.hpp"
#include "simulator/server.hpp"
#include "simulator/simulator.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;

namespace {

/// The canary alone ends with an alphabet, which stands in every program: so its end is random.
const std::string tail = [] {
  std::random_device random;
  std::string letters;
  for (int i = 0; i < 24; ++i) letters += static_cast<char>('a' + static_cast<char>(random() % 26));
  return letters;
}();
const std::string key = std::string(canary) + tail;

constexpr const char* variable = "AM_TEST_ADMIN_KEY";

bool eventually(const std::function<bool()>& holds) {
  for (const auto limit = std::chrono::steady_clock::now() + 30s; !holds();) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

struct World {
  ScratchFolder folder;
  simulator::Simulator organization{[] {
    simulator::Options options;
    options.admin_key = key;
    options.groups = 2;
    return options;
  }()};
  simulator::Server server{organization, {.certificates = make(folder / "certificates")}};

  static std::filesystem::path make(const std::filesystem::path& folder) {
    std::filesystem::create_directory(folder);
    return folder;
  }

  /// The key as the policy writes it.
  void write_policy(std::string_view written) const {
    Inputs::add(folder / "policy.yml");
    std::ofstream(folder / "policy.yml") << fmt::format(
        R"(outputs:
  default: {{ type: file, path: "{}" }}
inputs:
  - type: anthropic_metrics
    id: memory
    admin_api_key: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        initial_interval: 24h
      - data_stream.dataset: anthropic_metrics.cost
)",
        (folder / "out").string(), written, server.url(), server.certificate_authority().string());
  }

  bool says(const std::string& text) const {
    return eventually([&] { return contents(folder / "log.txt").find(text) != std::string::npos; });
  }

  /// Until both streams have written something and nothing more is asked.
  bool collected() const {
    const bool written = eventually([&] {
      return !contents(folder / "out/metrics-anthropic_metrics.usage-default.ndjson").empty() &&
             !contents(folder / "out/metrics-anthropic_metrics.cost-default.ndjson").empty();
    });
    std::size_t asked = 0;
    do {
      asked = organization.requests().size();
      std::this_thread::sleep_for(1500ms);  // Requests of a round are a second apart at most.
    } while (organization.requests().size() != asked);
    return written;
  }
};

/// For CTest, which counts the test as skipped.
void skip(const char* why) {
  std::cout << "[skipped: " << why << "]\n";
}

void expect_on_secret_pages(const Process& process, std::size_t most, const char* when) {
  const Copies copies = copies_in(process.pid(), tail);
  CAPTURE(when, copies.where);
  CHECK(copies.elsewhere == 0);
  CHECK(copies.kept_out_of_dumps <= most);
  std::cout << when << ": " << copies.kept_out_of_dumps
            << " copies of the key on pages of secrets, " << copies.elsewhere << " elsewhere, "
            << copies.octets / 1024 << " KiB searched\n";
}

}  // namespace

TEST_CASE("a key of the policy stands on pages of secrets only, and goes with the policy") {
  if (AM_SANITIZED != 0) return skip("sanitizers keep freed memory, and copies of it");
  struct Case {
    const char* name;
    std::string written;  // An empty one: the key's file.
    std::size_t most;
  };
  World world;
  {
    std::ofstream(world.folder / "key") << key << '\n';
    Inputs::add(world.folder / "key");
    REQUIRE(chmod((world.folder / "key").c_str(), 0600) == 0);
  }
  const auto row = GENERATE(Case{"inline", key, 4}, Case{"environment", "${AM_TEST_ADMIN_KEY}", 4},
                            Case{"file", "", 2});
  CAPTURE(row.name);
  world.write_policy(row.written.empty() ? "file:" + (world.folder / "key").string() : row.written);
  ::setenv(variable, row.written.find("${") == 0 ? key.c_str() : "", 1);
  Process process(world.folder, "run");
  ::unsetenv(variable);
  INFO(contents(world.folder / "log.txt"));
  REQUIRE(world.says("running"));
  if (!copies_in(process.pid(), tail).readable)
    return skip("a parent may not read its child's memory here, see kernel.yama.ptrace_scope");
  REQUIRE(world.collected());
  // So the search sees what is there.
  CHECK(copies_in(process.pid(), tail).kept_out_of_dumps >= 1);
  expect_on_secret_pages(process, row.most, row.name);

  world.write_policy("sk-ant-admin01-other");
  process.signal(SIGHUP);
  REQUIRE(world.says("policy reloaded"));
  expect_on_secret_pages(process, 0, "after a policy with another key");
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
}
