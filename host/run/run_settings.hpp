// SPDX-License-Identifier: Apache-2.0
// What a run is asked for: by the command line, or by the demo.
#pragma once

#include <beat_plugin.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/plugin_config.hpp"
#include "policy/policy.hpp"
#include "run/history.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

struct RunSettings {
  std::filesystem::path policy_file;
  std::string data_path;  // empty: state in memory only
  PluginPlace plugin;
  std::vector<Override> overrides;
  bool once = false;
  std::optional<HistoryWish> history;  // `backfill`: only this, and then the end
  std::chrono::seconds once_timeout{300};
  // Ends with not_finished when nothing has moved for so long, and says why that may be.
  std::optional<std::chrono::seconds> longest_standstill;
  std::string standstill_remedy;
  std::map<std::string, std::string> environment;  // beside the process's own, and before it
  // Called on an instance's thread after a batch was written.
  std::function<void(const beat_batch&, const std::vector<StreamTarget>&)> written;
};

}  // namespace anthropic_metrics::host
