// SPDX-License-Identifier: Apache-2.0
// The host as a component of an Elastic Agent: the Agent says over its control protocol which units
// it wants, and hears how they are. The main thread changes the workload, Control's thread speaks.
#pragma once

#include <chrono>
#include <filesystem>

#include "failure.hpp"
#include "log.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

struct ComponentOptions {
  std::filesystem::path work_folder;  // -E path.data: the Agent deletes it with the last input
  PluginPlace plugin;
  std::chrono::milliseconds period{25'000};  // between check-ins in which nothing changes
};

// Reads the bootstrap from standard input and returns when a signal says so, all units stopped.
Result<void> run_component(const ComponentOptions& options, Log& log);

}  // namespace anthropic_metrics::host
