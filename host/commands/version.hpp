// SPDX-License-Identifier: Apache-2.0
// `version`: what is installed, as a person or a bug report needs it.
#pragma once

#include <filesystem>
#include <optional>

#include "exit_codes.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

// Prints to standard output. A missing plugin is told, and the exit code says so too.
ExitCode show_version(const std::optional<std::filesystem::path>& plugin_file,
                      const std::optional<std::filesystem::path>& plugin_folder, Log& log);

}  // namespace anthropic_metrics::host
