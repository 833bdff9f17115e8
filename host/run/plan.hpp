// SPDX-License-Identifier: Apache-2.0
// A policy that was read and understood, as work.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <vector>

#include "failure.hpp"
#include "log.hpp"
#include "policy/endpoint_settings.hpp"
#include "run/history_watch.hpp"
#include "run/instance.hpp"
#include "run/plugin_library.hpp"
#include "run/run_settings.hpp"

namespace anthropic_metrics::host {

struct Plan {
  std::vector<InstanceSpec> specs;
  std::vector<HistoryTask> history;  // if that is what is wanted
  std::optional<LogLevel> log_level;
  EndpointSettings endpoint;
};

// An input as work. config: what make_plugin_config and fit_settings made of it. To be called below
// WipingFrees, since the configuration holds the key.
InstanceSpec make_spec(const Input& input, const boost::json::object& config,
                       const PluginLibrary& plugin, Log& log);

// Where a host that runs this policy answers about itself. Of the policy only that must be right.
Result<EndpointSettings> endpoint_of(const RunSettings& settings);

// Reads and checks the whole policy; tells the log what is worth a note. Nothing is started. Of a
// key in the policy or its variables there remain the copies on pages of secrets, see InstanceSpec.
Result<Plan> make_plan(const RunSettings& settings, const PluginLibrary& plugin, Log& log);

}  // namespace anthropic_metrics::host
