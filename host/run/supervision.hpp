// SPDX-License-Identifier: Apache-2.0
// What the main thread does while instances work: waits for signals and for the end, reloads the
// policy, judges how it all ended.
#pragma once

#include "failure.hpp"
#include "log.hpp"
#include "run/continuous_audit.hpp"
#include "run/endpoint.hpp"
#include "run/history_watch.hpp"
#include "run/plugin_library.hpp"
#include "run/run_settings.hpp"
#include "run/signals.hpp"
#include "run/workload.hpp"

namespace anthropic_metrics::host {

// Returns when the workload should be stopped. history: what `backfill` waits for.
Result<void> supervise(const RunSettings& settings, const PluginLibrary& plugin, Workload& workload,
                       Endpoint& endpoint, HistoryWatch& history, ContinuousAudit& audit,
                       Signals& signals, Log& log);

}  // namespace anthropic_metrics::host
