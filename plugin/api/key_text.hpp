// SPDX-License-Identifier: Apache-2.0
// A key as people and tools leave it in files and variables, judged before it is sent. Pure. What
// is said about it never repeats it.
#pragma once

#include <string_view>

namespace anthropic_metrics::api {

enum class CredentialKind {
  api_key,     ///< `x-api-key: <key>`, an Admin API key.
  bearer,      ///< `Authorization: Bearer <token>`, an OAuth token with scope org:admin.
  enterprise,  ///< `x-api-key: <key>`, a key of Claude Enterprise with scopes chosen when it is
               ///< made.
};

struct KeyText {
  /// The key inside the given text: without a byte order mark, and without blanks and line ends
  /// around it. Empty if there is a fault.
  std::string_view key;
  /// Why it cannot be a key: "it stands in quotes". Empty if it can.
  std::string_view fault;
};

/// At most 16 KiB, since bearer tokens run to a few; octets that may stand in a header; one word.
/// Refused by name: quotes, NAME=, a header's name, several lines, UTF-16.
KeyText read_key(std::string_view text) noexcept;

inline constexpr std::size_t longest_key = 16 * 1024;

/// What is odd about a key that can be sent: "it does not begin with sk-ant-, as ...". Empty if
/// nothing is.
std::string_view odd_key(std::string_view key, CredentialKind kind) noexcept;

}  // namespace anthropic_metrics::api
