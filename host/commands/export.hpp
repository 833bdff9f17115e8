// SPDX-License-Identifier: Apache-2.0
// `export`: what other tools build upon, on standard output.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "exit_codes.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

struct ExportSettings {
  std::string what;  // "description", so far the only one
  std::optional<std::filesystem::path> plugin_file;
  std::optional<std::filesystem::path> plugin_folder;
};

// Prints one JSON object: the plugin's manifest, its configuration schema and its streams.
ExitCode export_description(const ExportSettings& settings, Log& log);

}  // namespace anthropic_metrics::host
