// SPDX-License-Identifier: Apache-2.0
// Everything the transport is told once: plain typed values with their defaults. The functions that
// read them from configuration texts stand beside the types they yield: url.hpp, proxy.hpp,
// ssl_settings.hpp.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/inflate.hpp"
#include "net/proxy.hpp"
#include "net/ssl_settings.hpp"
#include "net/url.hpp"

namespace anthropic_metrics::net {

/// How long each phase may take. Time in which the reader holds a piece, or in which nobody runs
/// the loop, is not held against the server.
struct Deadlines {
  using Duration = std::chrono::steady_clock::duration;
  Duration lookup = std::chrono::seconds(10);
  Duration connect = std::chrono::seconds(10);  ///< All addresses together; CONNECT included.
  Duration handshake = std::chrono::seconds(10);
  Duration first_byte = std::chrono::seconds(30);           ///< From the request's last byte.
  Duration exchange = std::chrono::seconds(120);            ///< `http_client_timeout`: all of it.
  std::size_t least_octets = 30 * 1024;                     ///< A body must bring that many
  Duration least_octets_within = std::chrono::seconds(30);  ///< in each such span of waiting.
};

struct HttpSettings {
  Url url;
  bool plain_http = false;             ///< The url may be http beyond loopback.
  std::optional<Proxy> proxy;          ///< `proxy_url`.
  ProxyEnvironment proxy_environment;  ///< ProxyEnvironment::read(std::getenv), or empty.
  SslSettings ssl;
  Deadlines deadlines;
  std::string timeout_setting = "http_client_timeout";  ///< How messages call deadlines.exchange.
  std::size_t header_limit = 16 * 1024;  ///< Of an answer: status line, header, interim answers.
  BodyLimits body;
  std::string user_agent = "anthropic_metrics";  ///< "anthropic_metrics/<version>".
  std::chrono::steady_clock::duration idle_timeout = std::chrono::minutes(4);
  std::chrono::steady_clock::duration lookup_lifetime = std::chrono::minutes(3);
  std::size_t idle_connections = 8;  ///< Kept at most.
  /// Which paths may be asked for, without the url's own prefix and without a query. Empty: none.
  std::function<bool(std::string_view path)> allows;
  /// Addresses to connect to instead of looking the url's host up; for tests. The name is verified
  /// all the same.
  std::vector<std::string> addresses;
};

/// `http_client_timeout`: from one second to an hour. The first-byte deadline shrinks with it.
Result<void> apply_client_timeout(std::chrono::milliseconds value, Deadlines& deadlines);

/// A user agent, or any other configured text that becomes a header's value: visible ASCII and
/// blanks. `key` is the setting's name for the message.
Result<std::string> parse_header_value(std::string_view key, std::string_view value);

/// Allows what is in the list. "{id}" stands for one segment of letters, digits, '-' and '_'.
std::function<bool(std::string_view path)> allow_paths(std::vector<std::string> patterns);

/// True if `target` is well-formed and the path in it (what precedes '?') is allowed.
bool may_ask(const HttpSettings& settings, std::string_view target);

/// Faults between settings, and values no parser produced: called again when the transport is
/// built.
Result<void> check(const HttpSettings& settings);

}  // namespace anthropic_metrics::net
