// SPDX-License-Identifier: Apache-2.0
#include "net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/host_name.hpp"
#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

Error refusal(std::string_view text, std::string_view why, const UrlWords& words) {
  return Error{Errc::configuration,
               fmt::format("{}: {} (got \"{}\"); expected something like {}", words.setting, why,
                           excerpt(redact_url(text), 200), words.example)};
}

bool is_name(std::string_view host) noexcept {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

/// Digits and dots that are no address: some resolvers read "127.1" or "0x7f000001" as one.
bool looks_numeric(std::string_view host) noexcept {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return !last.empty() && last[0] >= '0' && last[0] <= '9';
}

bool is_path_prefix(std::string_view path) noexcept {
  return is_request_target(path) && path.find("//") == std::string_view::npos &&
         path.find("..") == std::string_view::npos && path.find('%') == std::string_view::npos &&
         path.find('\\') == std::string_view::npos;
}

}  // namespace

std::string Url::authority() const {
  const bool own = (tls() && port == 443) || (!tls() && port == 80);
  const bool v6 = host.find(':') != std::string::npos;
  if (!own) return host_and_port();
  return v6 ? fmt::format("[{}]", host) : host;
}

std::string Url::host_and_port() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", scheme, authority(), path_prefix);
}

Result<Url> parse_url(std::string_view text, const UrlWords& words) {
  const auto fault = [&](std::string_view given, std::string_view why) {
    return refusal(given, why, words);
  };
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return fault(text, "it has no scheme");
  url.scheme = to_lower(text.substr(0, colon));
  if (url.scheme != "https" && url.scheme != "http") return fault(text, "the scheme must be https");

  std::string_view rest = text.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return fault(text, "a query or fragment is not allowed");
  }
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return fault(
        text, fmt::format("user information is not allowed; the key belongs in {}", words.secret));
  }

  std::string_view port;
  bool has_port = false;
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return fault(text, "the IPv6 address lacks its ']'");
    url.host = to_lower(authority.substr(1, close - 1));
    if (!is_ipv6(url.host)) return fault(text, "not an IPv6 address between [ and ]");
    const std::string_view after = authority.substr(close + 1);
    if (!after.empty() && after[0] != ':') return fault(text, "unexpected text after ']'");
    has_port = !after.empty();
    port = has_port ? after.substr(1) : after;
  } else {
    const auto mark = authority.find(':');
    has_port = mark != std::string_view::npos;
    url.host = to_lower(authority.substr(0, mark));
    port = has_port ? authority.substr(mark + 1) : "";
    if (!is_name(url.host))
      return fault(text, "the host name is empty or holds illegal characters");
    if (looks_numeric(url.host) && !is_ipv4(url.host)) {
      return fault(text, "the host looks like an IPv4 address but is none");
    }
  }

  url.port = url.tls() ? 443 : 80;
  if (has_port) {
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (ec != std::errc{} || end != port.data() + port.size() || url.port == 0) {
      return fault(text, "the port must be a number from 1 to 65535");
    }
  }
  if (!url.tls() && !words.plain_http && !is_loopback_host(url.host)) {
    return fault(text, "plain http is accepted for loopback hosts only, the key would be readable");
  }
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (!path.empty() && !is_path_prefix(path))
    return fault(text, "the path holds illegal characters");
  url.path_prefix = std::string(path);
  return url;
}

std::string redact_url(std::string_view text) {
  // Everything between "://" (or the start) and the last '@' may be a secret, whatever it looks
  // like.
  const auto at = text.rfind('@');
  std::string out;
  if (at == std::string_view::npos) {
    out = std::string(text);
  } else {
    const auto scheme = text.find("://");
    if (scheme != std::string_view::npos && scheme < at)
      out = std::string(text.substr(0, scheme + 3));
    out += "***";
    out += text.substr(at);
  }
  // A query or fragment may carry a key too.
  if (const auto query = out.find_first_of("?#"); query != std::string::npos) {
    out.resize(query + 1);
    out += "***";
  }
  return out;
}

Query& Query::add(std::string_view name, std::string_view value) {
  target_ += first_ ? '?' : '&';
  first_ = false;
  target_ += name;
  target_ += '=';
  target_ += percent_encode(value);
  return *this;
}

Query& Query::add(std::string_view name, std::int64_t value) {
  return add(name, std::string_view(fmt::format("{}", value)));
}

}  // namespace anthropic_metrics::net
