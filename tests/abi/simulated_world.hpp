// SPDX-License-Identifier: Apache-2.0
// A simulated organization behind TLS, and the configuration that collects it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "canary.hpp"
#include "simulator/server.hpp"

namespace anthropic_metrics::test {

struct World {
  simulator::Simulator simulator;
  simulator::Server server;
  std::filesystem::path state;

  explicit World(simulator::Options options = {})
      : simulator(with_key(std::move(options))),
        server(simulator, {}),
        state(std::filesystem::temp_directory_path() /
              ("am_abi_" + std::to_string(::getpid()) + "_" + std::to_string(server.port()))) {}
  ~World() { discard(state); }
  static simulator::Options with_key(simulator::Options options) {
    options.admin_key = canary;
    return options;
  }

  std::string config(const std::string& more = "") const {
    return config_without_state(R"(,"state":{"path":")" + state.string() + "\"}" + more);
  }
  std::string config_without_state(const std::string& more = "") const {
    return R"({"url":")" + server.url() + R"(","admin_api_key":")" + std::string(canary) +
           R"(","ssl":{"certificate_authorities":[")" + server.certificate_authority().string() +
           R"("]})" + more + "}";
  }
};

}  // namespace anthropic_metrics::test
