// SPDX-License-Identifier: Apache-2.0
// The command line as data. Beats-style "-E key=value" is understood everywhere `run` is.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "commands/demo.hpp"
#include "commands/export.hpp"
#include "run/runner.hpp"

namespace anthropic_metrics::host {

struct VersionSettings {
  std::optional<std::filesystem::path> plugin_file;
  std::optional<std::filesystem::path> plugin_folder;
};

// What to print and how to end when there is nothing to run: help, or a fault in the arguments.
struct EarlyEnd {
  ExitCode code = ExitCode::ok;
  std::string text;
};

using Command = std::variant<RunSettings, DemoSettings, ExportSettings, VersionSettings, EarlyEnd>;

// default_data_path: where `run` keeps state unless told otherwise.
Command parse_command_line(int argc, const char* const* argv, const std::string& default_data_path);

}  // namespace anthropic_metrics::host
