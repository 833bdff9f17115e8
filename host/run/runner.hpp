// SPDX-License-Identifier: Apache-2.0
// `run` and `backfill`: reads the policy, starts an instance per input, and keeps them going until
// a signal, a reload or, with --once, the end of the round or of the history says otherwise.
#pragma once

#include "failure.hpp"
#include "log.hpp"
#include "run/run_settings.hpp"

namespace anthropic_metrics::host {

// Returns when everything is stopped.
Result<void> run(const RunSettings& settings, Log& log);

}  // namespace anthropic_metrics::host
