// SPDX-License-Identifier: Apache-2.0
// What a stream wants to ask and the head of what came back: plain values, no type of a library in
// sight. Bodies are not here: they arrive in pieces through Exchange (transport.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::http {

struct Header {
  std::string name;
  std::string value;
};

/// A GET. The transport adds host, user agent, accept-encoding and the credential.
struct Request {
  std::string target;           ///< Path and query, percent-encoded: "/v1/organizations/me".
  std::vector<Header> headers;  ///< API headers: anthropic-version, anthropic-beta. No credential.
};

struct ResponseHead {
  int status = 0;
  std::vector<Header> headers;

  /// The first header of that name (any case), or an empty view. Valid while the head lives.
  std::string_view find(std::string_view name) const noexcept;
};

/// True if both are the same header name: ASCII letters compare without case.
bool same_header_name(std::string_view a, std::string_view b) noexcept;

}  // namespace anthropic_metrics::http
