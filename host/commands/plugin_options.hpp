// SPDX-License-Identifier: Apache-2.0
// Where the plugin is, as every command that needs it is told.
#pragma once

#include <filesystem>
#include <vector>

#include "commands/command.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

// --plugin and --path.plugins into the place.
std::vector<Option> plugin_options(PluginPlace& place);

}  // namespace anthropic_metrics::host
