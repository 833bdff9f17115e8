// SPDX-License-Identifier: Apache-2.0
// From an answer that is none to a sentence for a person. Pure. The body may be anything: the
// documented JSON, a proxy's HTML, nothing, garbage; it is capped, escaped and scrubbed of key
// shapes.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::api {

/// Read at most this much of an error's body before calling api_error.
inline constexpr std::size_t error_body_limit = 16 * 1024;

/// What the documented error body says; fields it lacks are empty.
struct ApiError {
  std::string type;        ///< error.type: "invalid_request_error".
  std::string message;     ///< error.message, raw: escape before showing.
  std::string error_code;  ///< error.details.error_code.
  std::string request_id;  ///< request_id.

  /// A tier's spend cap: no retry helps before the month changes.
  bool spend_cap() const noexcept { return error_code == "enforced_spend_limit_reached"; }
  /// This kind of organization does not have it, whoever asks.
  bool not_for_organization() const noexcept {
    return error_code == "organization_type_not_supported";
  }
};

/// Reads the documented error body; anything else gives an ApiError with empty fields.
ApiError parse_api_error(std::string_view body);

/// What was asked, for messages.
struct Asked {
  std::string path;         ///< "/v1/organizations/me", without the query.
  std::string path_prefix;  ///< That of the configured url.
  std::string setting{};    ///< What the credential that was shown is called: "oauth_token".
  /// Only some organizations have what the path gives, and the others are refused: 403 and 404 say
  /// so then, and the credential may be as good as any.
  bool may_be_refused = false;
  bool withheld = false;  ///< No message may repeat what a good answer holds.
  std::string day{};      ///< The UTC day that was asked for, if one was: newest_day.hpp.
};

/// The error for an answer. `head` has a status outside 200..299; `body` is the beginning of its
/// body, inflated. The code is retry.hpp's status_errc, except for 400 "Invalid date range" or one
/// that names an earlier day as the newest, which are Errc::nothing_yet. The message names the
/// status, what the API said, what to do and the request id: "HTTP 401 (authentication_error:
/// invalid x-api-key): check that the key is valid and
/// ...". A 3xx names the target's host and nothing else of it.
/// `asked` may be empty. `title` takes the place of "HTTP 401". Errc::too_much if the API says that
/// the answer would be, or cannot read the question because of its size.
Error status_error(const net::ResponseHead& head, std::string_view body, const Asked& asked = {},
                   std::string_view title = {});

/// The same without headers.
Error status_error(int status, std::string_view body, std::string_view request_id);

/// A message without its request id, which differs each time: what one cause has in common.
std::string_view without_request_id(std::string_view message) noexcept;

}  // namespace anthropic_metrics::api
