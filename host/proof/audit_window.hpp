// SPDX-License-Identifier: Apache-2.0
// Between which moments a stream is audited. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "failure.hpp"
#include "proof/reading_config.hpp"

namespace anthropic_metrics::host {

struct AuditWindow {
  std::int64_t from = 0;  // seconds since 1970 UTC, on borders of buckets
  std::int64_t to = 0;
};

// Seconds of "1m", "1h" or "1d".
std::int64_t seconds_of(const std::string& width);

// from, to: as somebody asked; rounded outwards to whole buckets, as far as they are closed.
// Without them: the 30 days before the newest bucket that the host has read.
Result<AuditWindow> window_of(const std::optional<Instant>& from, const std::optional<Instant>& to,
                              const StreamWork& work, Instant now);

// The newest UTC day that is over, and that a host has read.
AuditWindow newest_day_of(const StreamWork& work, Instant now);

}  // namespace anthropic_metrics::host
