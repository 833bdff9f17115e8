// SPDX-License-Identifier: Apache-2.0
// Meaning of the response headers this client obeys. Pure: strings in, values out. A header that is
// absent or makes no sense is nullopt, never an error: a server's garbage must not stop a poll.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "net/message.hpp"

namespace anthropic_metrics::net {

using ServerTime = std::chrono::sys_seconds;  ///< Seconds since 1970-01-01T00:00:00Z.

/// The three forms of RFC 9110 5.6.7: "Mon, 23 Nov 2026 10:25:00 GMT", RFC 850's
/// "Monday, 23-Nov-26 10:25:00 GMT" and asctime's "Mon Nov 23 10:25:00 2026". A real calendar day,
/// the right day name. Two digits of a year mean 1970 to 2069. A leap second (":60") counts as the
/// following second.
std::optional<ServerTime> parse_http_date(std::string_view text) noexcept;

/// The `Date` header; of several the first that is one.
std::optional<ServerTime> server_date(const ResponseHead& head) noexcept;

/// How long the server asks to wait: `retry-after-ms` first, then `retry-after` as (fractional)
/// seconds, then as a date relative to the answer's own `Date` header, so that the host's wall
/// clock decides nothing. Negative, not finite, over a year, or a date without a `Date`: nullopt. A
/// date in the past is zero. Not bounded otherwise: retry.hpp decides what to obey.
std::optional<std::chrono::milliseconds> retry_after(const ResponseHead& head) noexcept;

/// `x-should-retry: true` or `false`; anything else is nullopt.
std::optional<bool> should_retry(const ResponseHead& head) noexcept;

enum class ContentEncoding { identity, gzip, unknown };

/// `content-encoding`. `gzip` and `x-gzip` are gzip; absent, empty and `identity` are identity,
/// also in a list with others; so is what is no coding at all, as some send "utf-8" or "none".
/// Another registered coding, or two, is unknown.
ContentEncoding content_encoding(const ResponseHead& head) noexcept;

/// The host of an absolute `location`, nothing else of it: "evil.example". Relative: empty view.
std::string_view location_host(std::string_view location) noexcept;

}  // namespace anthropic_metrics::net
