// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/base64.hpp"
#include "base/host_name.hpp"
#include "base/octets.hpp"
#include "base/scrubber.hpp"

namespace anthropic_metrics::net {
namespace {

Error fault(std::string_view text, std::string_view why) {
  return Error{Errc::configuration,
               fmt::format("proxy_url: {} (got \"{}\"); expected http://host:port or "
                           "http://user:password@host:port",
                           why, excerpt(redact_url(text), 200))};
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool has_control(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

/// "Negotiate", "NTLM", "Basic": the first words of the challenges, which commas separate like
/// their parameters. Each once, at most six.
std::vector<std::string> offered_schemes(const ResponseHead& head) {
  std::vector<std::string> schemes;
  for (const Header& header : head.headers) {
    if (!same_header_name(header.name, "proxy-authenticate")) continue;
    std::string_view rest = header.value;
    while (!rest.empty() && schemes.size() < 6) {
      std::size_t end = 0;
      for (bool quoted = false; end < rest.size() && (quoted || rest[end] != ','); ++end) {
        if (rest[end] == '"') quoted = !quoted;
      }
      const std::string_view element = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::string_view word = element.substr(0, element.find_first_of(" \t"));
      if (!is_token(word)) continue;  // a parameter, "realm=..."
      const bool known =
          std::any_of(schemes.begin(), schemes.end(),
                      [&](const std::string& scheme) { return same_header_name(scheme, word); });
      if (!known) schemes.push_back(excerpt(word, 30));
    }
  }
  return schemes;
}

/// What a 407 asks of whom, for a person.
std::string wanted(const std::vector<std::string>& schemes, const Proxy& proxy) {
  const bool basic = schemes.empty() || std::any_of(schemes.begin(), schemes.end(), [](auto& s) {
                       return same_header_name(s, "basic");
                     });
  const std::string offers =
      schemes.empty() ? "" : fmt::format(" (it offers {})", fmt::join(schemes, ", "));
  if (!basic) {
    return fmt::format(
        "it wants a login{}, and only Basic is spoken here; let it pass the API "
        "without one, or put a proxy between that speaks its scheme",
        offers);
  }
  return fmt::format(
      "it {}{}; check proxy_url",
      proxy.basic.empty() ? "wants a user and password" : "refuses the user and password", offers);
}

}  // namespace

std::string Proxy::redacted() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}{}:{}", basic.empty() ? "" : "***@", v6 ? "[" : "", host,
                     v6 ? "]" : "", port);
}

Result<Proxy> parse_proxy(std::string_view text) {
  std::string_view rest = text;
  if (const auto colon = text.find("://"); colon != std::string_view::npos) {
    if (to_lower(text.substr(0, colon)) != "http") return fault(text, "the scheme must be http");
    rest = text.substr(colon + 3);
  }
  Proxy proxy;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view info = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    // In Basic credentials the first colon ends the user: an encoded one in the user cannot be
    // sent.
    const auto colon = info.find(':');
    auto user = percent_decode(info.substr(0, colon));
    auto password = percent_decode(colon == std::string_view::npos ? "" : info.substr(colon + 1));
    if (!user || !password)
      return fault(text, "the user information is not percent-encoded properly");
    if (user->empty() || user->find(':') != std::string::npos) {
      return fault(text, "the user name is empty or holds a colon");
    }
    if (has_control(*user) || has_control(*password)) {
      return fault(text, "the user information holds control characters");
    }
    std::string joined;
    joined.reserve(user->size() + password->size() + 1);  // a reallocation would leave a copy
    joined.append(*user).append(":").append(*password);
    proxy.basic = Secret::take(base64(joined));
    wipe(joined);
    wipe(*password);
  }
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  // The host and port obey the same rules as an origin's, so the same reader reads them.
  const auto origin = parse_url(fmt::format("https://{}", rest));
  if (!origin || !origin->path_prefix.empty()) {
    return fault(text, "host or port are missing or malformed");
  }
  const auto mark = rest.find(':', rest.empty() || rest[0] != '[' ? 0 : rest.find(']'));
  if (mark == std::string_view::npos) return fault(text, "the port is missing");
  proxy.host = origin->host;
  proxy.port = origin->port;
  return proxy;
}

ProxyEnvironment ProxyEnvironment::read(const char* (*get)(const char*)) {
  const auto first = [&](const char* lower, const char* upper) -> std::string {
    for (const char* name : {lower, upper}) {
      if (const char* value = get(name); value && *value) return value;
    }
    return {};
  };
  return {first("https_proxy", "HTTPS_PROXY"), first("no_proxy", "NO_PROXY")};
}

Result<std::optional<Proxy>> choose_proxy(const Url& origin, std::optional<Proxy> configured,
                                          const ProxyEnvironment& environment) {
  if (configured) return std::optional<Proxy>(std::move(configured));
  if (environment.https_proxy.empty() || !origin.tls() || is_loopback_host(origin.host) ||
      bypasses_proxy(environment.no_proxy, origin.host, origin.port)) {
    return std::optional<Proxy>();
  }
  auto proxy = parse_proxy(environment.https_proxy);
  if (!proxy) {
    Error error = proxy.error();
    error.message = "environment variable HTTPS_PROXY: " + error.message;
    return error;
  }
  return std::optional<Proxy>(std::move(*proxy));
}

Secret connect_request(const Url& origin, const Proxy& proxy, std::string_view user_agent) {
  const std::string target = origin.host_and_port();
  std::string text = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", target, target);
  if (!user_agent.empty()) text += fmt::format("User-Agent: {}\r\n", user_agent);
  if (!proxy.basic.empty()) {
    text.reserve(text.size() + proxy.basic.size() + 64);  // no reallocation: it would leave copies
    text += "Proxy-Authorization: Basic ";
    proxy.basic.expose([&](std::string_view octets) { text += octets; });
    text += "\r\n";
  }
  text += "\r\n";
  return Secret::take(std::move(text));
}

Result<void> check_connect_answer(const ResponseHead& head, std::string_view body,
                                  const Proxy& proxy, const Url& origin) {
  const int status = head.status;
  if (status >= 200 && status < 300) return success();
  if (status == 407) {
    return Error{Errc::configuration, fmt::format("proxy {} answers 407: {}", proxy.redacted(),
                                                  wanted(offered_schemes(head), proxy))};
  }
  const std::string said = scrub_shapes(excerpt(body, 120));
  const std::string what =
      fmt::format("proxy {} answers {} to CONNECT {}{}", proxy.redacted(), status,
                  origin.host_and_port(), said.empty() ? said : fmt::format(" (\"{}\")", said));
  const bool passes = status == 408 || status == 425 || status == 429;
  if (status >= 400 && status < 500 && !passes) {
    return Error{Errc::configuration, what + "; check that it may reach the API"};
  }
  return Error{Errc::transient, what};
}

}  // namespace anthropic_metrics::net
