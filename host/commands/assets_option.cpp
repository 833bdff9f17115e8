// SPDX-License-Identifier: Apache-2.0
#include "commands/assets_option.hpp"

namespace anthropic_metrics::host {

Option assets_option(std::filesystem::path& file) {
  return {.names = "--assets",
          .sentence = "Templates, pipelines and dashboards; the file beside the plugin otherwise",
          .value = &file,
          .type = "FILE"};
}

Result<Assets> find_assets(const std::filesystem::path& file, const PluginPlace& plugin,
                           std::string_view name) {
  std::vector<std::filesystem::path> files;
  if (!file.empty()) {
    files.push_back(file);
  } else {
    for (const auto& candidate : plugin_candidates(plugin, binary_folder()))
      files.push_back(candidate.parent_path() / assets_name);
  }
  return Assets::open(files, "--assets", name);
}

}  // namespace anthropic_metrics::host
