// SPDX-License-Identifier: Apache-2.0
// Durations of whole seconds, in Go's form: 90s, 5m, 168h, 1h30m.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace anthropic_metrics::host {

// Nothing for another form, or for more than a hundred years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace anthropic_metrics::host
