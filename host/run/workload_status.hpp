// SPDX-License-Identifier: Apache-2.0
// A running workload as plain values: for the endpoint, for an Elastic Agent.
#pragma once

#include <chrono>

#include "endpoint/host_status.hpp"
#include "run/plugin_library.hpp"
#include "run/workload.hpp"
#include "run/written_count.hpp"

namespace anthropic_metrics::host {

// began: when the host did. From any thread, as Workload::look.
HostStatus host_status(const PluginLibrary& plugin, const Workload& workload,
                       const WrittenCount& written, std::chrono::steady_clock::time_point began);

}  // namespace anthropic_metrics::host
