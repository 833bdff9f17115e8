// SPDX-License-Identifier: Apache-2.0
// Where the file of templates and dashboards is, as commands that need it are told.
#pragma once

#include <filesystem>

#include "commands/command.hpp"
#include "run/plugin_library.hpp"
#include "setup/assets.hpp"

namespace anthropic_metrics::host {

// --assets
Option assets_option(std::filesystem::path& file);

// The file that was named, or the one beside the plugin, for data sets "<name>.<stream>".
Result<Assets> find_assets(const std::filesystem::path& file, const PluginPlace& plugin,
                           std::string_view name);

}  // namespace anthropic_metrics::host
