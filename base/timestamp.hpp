// SPDX-License-Identifier: Apache-2.0
// When a line was written, as logs and traces say it.
#pragma once

#include <chrono>
#include <string>

namespace anthropic_metrics {

/// "2026-09-01T00:00:00.123Z"
std::string timestamp(std::chrono::system_clock::time_point at);

}  // namespace anthropic_metrics
