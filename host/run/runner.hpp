// SPDX-License-Identifier: Apache-2.0
// `run` and `backfill`: reads the policy, starts an instance per input, and keeps them going until
// a signal, a reload or, with --once, the end of the round or of the history says otherwise.
#pragma once

#include <beat_plugin.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exit_codes.hpp"
#include "log.hpp"
#include "policy/plugin_config.hpp"
#include "policy/policy.hpp"
#include "run/history.hpp"

namespace anthropic_metrics::host {

struct RunSettings {
  std::filesystem::path policy_file;
  std::string data_path;  // empty: state in memory only
  std::optional<std::filesystem::path> plugin_file;
  std::optional<std::filesystem::path> plugin_folder;
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

// Returns when everything is stopped. What goes wrong is told to the log.
ExitCode run(const RunSettings& settings, Log& log);

}  // namespace anthropic_metrics::host
