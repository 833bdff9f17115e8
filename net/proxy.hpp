// SPDX-License-Identifier: Apache-2.0
// Whether a proxy stands between, and the words exchanged with it. Pure: text in, text out. The
// API's headers never appear here, so they cannot reach a proxy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/message.hpp"
#include "net/url.hpp"

namespace anthropic_metrics::net {

/// An http:// proxy that understands CONNECT. Moves, never copies: it may hold a password.
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  Secret basic;  ///< base64("user:password"), empty without user information.

  /// "http://***@proxy.corp:3128" or "http://proxy.corp:3128".
  std::string redacted() const;
};

/// Reads `proxy_url` or HTTPS_PROXY: http://[user[:password]@]host:port, percent-encoding decoded
/// in the user information; "host:port" alone is read as http. Refused: other schemes, a missing
/// port, a path, octets that have no place in a header.
Result<Proxy> parse_proxy(std::string_view text);

/// What the environment says. HTTP_PROXY is ignored: requests go over https, and a CGI's caller can
/// set it.
struct ProxyEnvironment {
  std::string https_proxy;  ///< https_proxy, else HTTPS_PROXY.
  std::string no_proxy;     ///< no_proxy, else NO_PROXY.

  /// `get` is like getenv.
  static ProxyEnvironment read(const char* (*get)(const char*));
};

/// True if `no_proxy`, a comma-separated list, names the origin: "*"; a host ("example.com" also
/// covers its subdomains, ".example.com" only them, "*.example.com" likewise); an address; a CIDR
/// range; each with an optional ":port". Blanks around entries are ignored, and so are entries of
/// no known form.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host, std::uint16_t port);

/// The proxy to use: `configured` (proxy_url) if given, whatever the environment; else HTTPS_PROXY
/// unless the origin is on loopback, plain http, or in NO_PROXY. nullopt: connect directly.
Result<std::optional<Proxy>> choose_proxy(const Url& origin, std::optional<Proxy> configured,
                                          const ProxyEnvironment& environment);

/// "CONNECT host:port HTTP/1.1 ...": host, the proxy's own credential if any, and nothing else.
Secret connect_request(const Url& origin, const Proxy& proxy, std::string_view user_agent);

/// Reads the proxy's answer to CONNECT; `body` is what came of it so far. Success only for 2xx; 407
/// and other 4xx are configuration, but for 408, 425 and 429, which pass like the rest. Names the
/// proxy without its password, and of a 407 the schemes that it offers.
Result<void> check_connect_answer(const ResponseHead& head, std::string_view body,
                                  const Proxy& proxy, const Url& origin);

}  // namespace anthropic_metrics::net
