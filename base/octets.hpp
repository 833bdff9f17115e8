// SPDX-License-Identifier: Apache-2.0
// Which octets may stand where in an HTTP message, and how text from outside is made safe to show.
// Pure functions on views; used when configuration is read and again when a request is serialised.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace anthropic_metrics {

/// A header name: one or more RFC 9110 token characters.
bool is_token(std::string_view text) noexcept;

/// A header value: visible ASCII, with single spaces or tabs inside but not at the ends. Stricter
/// than RFC 9110: no octet above 0x7e. CR, LF and NUL are therefore impossible. Empty is allowed.
bool is_field_value(std::string_view text) noexcept;

/// A path and query as they travel: starts with '/', visible ASCII only, no '#', every '%' followed
/// by two hex digits.
bool is_request_target(std::string_view text) noexcept;

/// ASCII lower case; other octets stay.
std::string to_lower(std::string_view text);

/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Text from outside, fit for one line of a log: at most `limit` octets of it (then "..."),
/// those of characters that are not to be seen (printable.hpp) and of no UTF-8 written as \xNN,
/// runs of white space as one space.
std::string excerpt(std::string_view text, std::size_t limit);

/// Text from outside as UTF-8, whatever it is: octets that are no UTF-8 are written as \\xNN, all
/// else stays as it is.
std::string as_utf8(std::string_view text);

/// Percent-encodes everything but RFC 3986 unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace anthropic_metrics
