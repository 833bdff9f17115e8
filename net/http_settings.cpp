// SPDX-License-Identifier: Apache-2.0
#include "net/http_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/host_name.hpp"
#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

bool is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool matches(std::string_view path, std::string_view pattern) noexcept {
  constexpr std::string_view hole = "{id}";
  const auto at = pattern.find(hole);
  if (at == std::string_view::npos) return path == pattern;
  if (path.substr(0, at) != pattern.substr(0, at)) return false;
  const std::string_view rest = path.substr(at);
  const std::string_view id = rest.substr(0, rest.find('/'));
  return is_id(id) && matches(rest.substr(id.size()), pattern.substr(at + hole.size()));
}

}  // namespace

Result<void> apply_client_timeout(std::chrono::milliseconds value, Deadlines& deadlines) {
  if (value < std::chrono::seconds(1) || value > std::chrono::hours(1)) {
    return fault(fmt::format("http_client_timeout: expected 1s to 1h, got {}ms", value.count()));
  }
  deadlines.exchange = value;
  deadlines.first_byte = std::min<Deadlines::Duration>(deadlines.first_byte, value);
  return success();
}

Result<std::string> parse_header_value(std::string_view key, std::string_view value) {
  if (!is_field_value(value) || value.size() > 1024) {
    return fault(
        fmt::format("{}: line breaks, control characters and non-ASCII cannot stand in a "
                    "header (got \"{}\")",
                    key, excerpt(value, 60)));
  }
  return std::string(value);
}

std::function<bool(std::string_view path)> allow_paths(std::vector<std::string> patterns) {
  return [patterns = std::move(patterns)](std::string_view path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(path, pattern); });
  };
}

bool may_ask(const HttpSettings& settings, std::string_view target) {
  return is_request_target(target) && settings.allows &&
         settings.allows(target.substr(0, target.find('?')));
}

Result<void> check(const HttpSettings& settings) {
  UrlWords words;
  words.plain_http = settings.plain_http;
  const auto url = parse_url(settings.url.text(), words);
  if (!url) return url.error();
  if (!is_field_value(settings.user_agent)) {
    return fault("the user agent holds characters that cannot stand in a header");
  }
  if (settings.ssl.unverified() && !is_loopback_host(settings.url.host)) {
    return fault("ssl.verification_mode: none is accepted for a loopback url only");
  }
  if (settings.header_limit < 1024 || settings.header_limit > 64 * 1024) {
    return fault("the limit of an answer's header must lie between 1 and 64 KiB");
  }
  return check(settings.ssl);
}

}  // namespace anthropic_metrics::net
