// SPDX-License-Identifier: Apache-2.0
// Times and durations as text: RFC 3339 as the API writes it, durations as Go and Elastic write
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace anthropic_metrics {

/// "2026-09-01T00:00:00Z" to an instant. Takes offsets and fractions of a second (cut off); nothing
/// on any other text, on impossible dates and on years outside 1970 to 9999.
std::optional<Instant> parse_rfc3339(std::string_view text) noexcept;

/// "2026-09-01T00:00:00Z".
std::string format_rfc3339(Instant instant);
void append_rfc3339(std::string& out, Instant instant);

/// "2026-09-01" to the day's first moment; nothing on any other text.
std::optional<Instant> parse_date(std::string_view text);
/// Either.
std::optional<Instant> parse_date_or_time(std::string_view text);
/// "2026-09-01": the UTC day that the instant is in.
std::string format_date(Instant instant);

/// Go's form: "90s", "5m", "1h30m", "1.5h", "250ms". Nothing on any other text; never negative.
std::optional<Milliseconds> parse_duration(std::string_view text) noexcept;

/// The shortest Go form that parses back: "5m", "1h30m", "250ms", "0s".
std::string format_duration(Milliseconds duration);

}  // namespace anthropic_metrics
