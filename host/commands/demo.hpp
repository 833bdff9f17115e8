// SPDX-License-Identifier: Apache-2.0
// `demo`: a simulated organization, one round of collecting, a summary of what came, and the proof
// that it adds up. The round itself is `run --once`, unchanged.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "exit_codes.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

struct DemoSettings {
  std::filesystem::path folder = "build/demo";
  int groups = 24;
  std::uint64_t seed = 1;
  std::string epoch;                  // empty: the start of this hour
  std::chrono::seconds patience{10};  // and a second more per 5,000 groups, without anything coming
  std::optional<std::filesystem::path> plugin_file;
  std::optional<std::filesystem::path> plugin_folder;
};

// Prints progress and summary to standard output. What an earlier demo left in the folder is
// removed.
ExitCode demo(const DemoSettings& settings, Log& log);

}  // namespace anthropic_metrics::host
