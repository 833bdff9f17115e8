// SPDX-License-Identifier: Apache-2.0
// The configured origin, and the query strings sent to it. Small on purpose: no relative
// references, no user information, no fragments, because the client never follows a URL it was
// handed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace anthropic_metrics::net {

struct Url {
  std::string scheme;       ///< "https", or "http": for a loopback host, if not allowed for all.
  std::string host;         ///< Lower case, without brackets: "service.example.com", "::1".
  std::uint16_t port = 0;   ///< Always set.
  std::string path_prefix;  ///< "" or "/gateway": goes in front of every target. No trailing slash.

  bool tls() const noexcept { return scheme == "https"; }

  /// "service.example.com", "127.0.0.1:8443", "[::1]:8443": what the Host header says. The port is
  /// left out when it is the scheme's own.
  std::string authority() const;

  /// As authority(), with the port always: what CONNECT and messages say.
  std::string host_and_port() const;

  /// "https://service.example.com/gateway". Holds no secret: user information is refused.
  std::string text() const;
};

/// How a setting that holds a url is spoken of in messages.
struct UrlWords {
  std::string_view setting = "url";
  std::string_view example = "https://service.example.com";
  std::string_view secret = "the setting for it";  ///< Where a password belongs instead.
  bool plain_http = false;  ///< Accepts http for any host: somebody else's risk, said elsewhere.
};

/// Reads a setting that holds a url. https; http is accepted for loopback hosts (localhost,
/// *.localhost, 127.0.0.0/8, ::1), and for others if `words` says so. Refused: user information,
/// query, fragment, CR, LF, NUL, blanks and other octets that have no place in a URL, port 0, names
/// over 253 octets. The message never repeats a password.
Result<Url> parse_url(std::string_view text, const UrlWords& words = {});

/// A URL fit for a message: the password, and anything that could be one, is replaced by "***".
std::string redact_url(std::string_view text);

/// Builds "/path?starting_at=...&group_by[]=model&group_by[]=workspace_id". Values are
/// percent-encoded; names are literals of ours and are not, so that "group_by[]" stays readable.
class Query {
 public:
  explicit Query(std::string_view path) : target_(path) {}

  Query& add(std::string_view name, std::string_view value);
  Query& add(std::string_view name, std::int64_t value);

  const std::string& target() const noexcept { return target_; }

 private:
  std::string target_;
  bool first_ = true;
};

}  // namespace anthropic_metrics::net
