// SPDX-License-Identifier: Apache-2.0
#include "commands/plugin_options.hpp"

namespace anthropic_metrics::host {

std::vector<Option> plugin_options(PluginPlace& place) {
  return {
      {.names = "--plugin", .sentence = "The plugin's file", .value = &place.file, .type = "FILE"},
      {.names = "--path.plugins",
       .sentence = "Folder that holds libanthropic_metrics.so",
       .value = &place.folder,
       .type = "DIR"}};
}

}  // namespace anthropic_metrics::host
