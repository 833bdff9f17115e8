// SPDX-License-Identifier: Apache-2.0
// What somebody wants to ask and the head of what came back: plain values, no type of a library in
// sight. Their bodies are not here: they arrive in pieces through Exchange (transport.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::net {

struct Header {
  std::string name;
  std::string value;
};

/// What a POST carries, ready to travel.
struct RequestBody {
  std::string type;      ///< Content-Type.
  std::string encoding;  ///< Content-Encoding: "gzip", or empty.
  std::string octets;
  /// Whether it may go out again after a kept connection turned out to be dead: then it may have
  /// been read already. A GET always may.
  bool repeatable = false;
};

/// A GET, or with a body a POST, or what `verb` says. The transport adds host, user agent,
/// accept-encoding and the credential.
struct Request {
  std::string target;             ///< Path and query, percent-encoded: "/v1/organizations/me".
  std::vector<Header> headers{};  ///< The API's own, such as its version. No credential.
  std::optional<RequestBody> body{};
  std::string verb{};  ///< PUT, DELETE, or a POST without a body. Empty: GET or POST.
  /// Which of the Authorizer's credentials lets it in, by the name that has there. Empty: its
  /// first.
  std::string credential{};
  bool withheld = false;  ///< Nobody but who asked may see what a good answer holds: no tracer.

  /// Whether it may go out twice. PUT and DELETE may: the second time changes nothing more.
  bool repeatable() const noexcept { return body ? body->repeatable : verb != "POST"; }
  std::string_view method() const noexcept {
    return !verb.empty() ? std::string_view(verb) : body ? "POST" : "GET";
  }
};

struct ResponseHead {
  int status = 0;
  std::vector<Header> headers;

  /// The first header of that name (any case), or an empty view. Valid while the head lives.
  std::string_view find(std::string_view name) const noexcept;
};

/// True if both are the same header name: ASCII letters compare without case.
bool same_header_name(std::string_view a, std::string_view b) noexcept;

}  // namespace anthropic_metrics::net
