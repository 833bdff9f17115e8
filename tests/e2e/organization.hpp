// SPDX-License-Identifier: Apache-2.0
// A simulated organization behind TLS, a policy that collects it, and single rounds of the host.
#pragma once

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "canary.hpp"
#include "host_process.hpp"
#include "scratch_folder.hpp"
#include "simulator/server.hpp"
#include "simulator/simulator.hpp"

namespace anthropic_metrics::test {

struct World {
  explicit World(std::uint64_t seed = 1, const std::string& faults = "",
                 const std::string& key = simulator::default_admin_key)
      : organization([&] {
          simulator::Options options;
          options.seed = seed;
          options.groups = 2;
          options.admin_key = key;
          return options;
        }()) {
    if (!faults.empty()) REQUIRE_FALSE(organization.add_faults(faults).has_value());
  }

  const ScratchFolder folder;
  simulator::Simulator organization;
  simulator::Server server{organization, {.certificates = make(folder / "certificates")}};

  static std::filesystem::path make(const std::filesystem::path& folder) {
    std::filesystem::create_directory(folder);
    return folder;
  }
};

inline void write_policy(const ScratchFolder& folder, const World& world,
                         const std::string& key = std::string(simulator::default_admin_key)) {
  if (holds_canary(key)) Inputs::add(folder / "policy.yml");
  std::ofstream(folder / "policy.yml") << fmt::format(
      R"(outputs:
  default: {{ type: file, path: "{}" }}
inputs:
  - type: anthropic_metrics
    id: once
    admin_api_key: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    streams:
      - data_stream.dataset: anthropic_metrics.usage
      - data_stream.dataset: anthropic_metrics.cost
      - data_stream.dataset: anthropic_metrics.rate_limit
      - data_stream.dataset: anthropic_metrics.health
)",
      (folder / "out").string(), key, world.server.url(),
      world.server.certificate_authority().string());
}

struct Ended {
  int code;
  std::string log;
  std::chrono::steady_clock::duration took;
};

inline Ended once(const ScratchFolder& folder) {
  const auto begin = std::chrono::steady_clock::now();
  Process process(folder, "run", {"--once", "--timeout", "60"});
  const int code = process.wait();
  return {code, contents(folder / "log.txt"), std::chrono::steady_clock::now() - begin};
}

}  // namespace anthropic_metrics::test
