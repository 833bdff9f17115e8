// SPDX-License-Identifier: Apache-2.0
// Times of this room, seconds since 1970 UTC, as text.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/time_text.hpp"

namespace anthropic_metrics::host {

inline std::string time_text(std::int64_t seconds) {
  return format_rfc3339(Instant(std::chrono::seconds(seconds)));
}

}  // namespace anthropic_metrics::host
