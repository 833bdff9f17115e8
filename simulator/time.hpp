// SPDX-License-Identifier: Apache-2.0
// Virtual time, and its forms on the wire: RFC 3339 in bodies and parameters, IMF-fixdate in
// `Date`.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::simulator {

/// UTC, whole seconds: the resolution of `Date` and of everything the API reports.
using Instant = std::chrono::sys_seconds;
/// Parameters may carry fractions of a second; they matter for rounding to a bucket.
using FineInstant = std::chrono::sys_time<std::chrono::microseconds>;

/// Virtual time: starts at `epoch` and runs `speed` times as fast as the monotonic clock; never
/// goes backwards. [thread-safe]
class Clock {
 public:
  /// `speed` 0 stands still; negative speeds count as 0.
  Clock(Instant epoch, double speed);

  Instant now() const;
  /// Moves forward at once; a negative step is ignored.
  void advance(std::chrono::seconds step);

 private:
  const Instant epoch_;
  const double speed_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::chrono::seconds advanced_{0};
};

/// `2026-09-01T00:00:00Z`, with an optional fraction and `Z` or a numeric offset. Nothing for
/// anything else; in particular a `+` that a query string turned into a space is refused, as it
/// must be.
std::optional<FineInstant> parse_rfc3339(std::string_view text);

/// `2026-09-01T00:00:00Z`.
std::string format_rfc3339(Instant time);
/// RFC 7231 IMF-fixdate: `Tue, 01 Sep 2026 00:00:00 GMT`.
std::string format_http_date(Instant time);

/// `90s`, `5m`, `24h`, `7d`, one unit only. Nothing for anything else.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace anthropic_metrics::simulator
