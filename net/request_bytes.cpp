// SPDX-License-Identifier: Apache-2.0
#include "net/request_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

/// Ours to set, or able to change where the message ends.
constexpr std::array<std::string_view, 15> owned_headers = {"host",
                                                            "user-agent",
                                                            "accept-encoding",
                                                            "authorization",
                                                            "proxy-authorization",
                                                            "connection",
                                                            "content-length",
                                                            "content-type",
                                                            "content-encoding",
                                                            "te",
                                                            "transfer-encoding",
                                                            "upgrade",
                                                            "expect",
                                                            "trailer",
                                                            "proxy-connection"};

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

bool is_owned(std::string_view name) noexcept {
  return std::any_of(owned_headers.begin(), owned_headers.end(),
                     [&](std::string_view owned) { return same_header_name(owned, name); });
}

}  // namespace

Result<Secret> serialise(const Request& request, const HttpSettings& settings,
                         const Authorization& credential) {
  if (!may_ask(settings, request.target)) {
    return fault(fmt::format("\"{}\" is not one of the paths this client may ask for",
                             excerpt(request.target.substr(0, request.target.find('?')), 120)));
  }
  if (!is_token(request.method())) return fault("the request's method is no word of HTTP");
  std::string text = fmt::format(
      "{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: application/json\r\n"
      "Accept-Encoding: gzip\r\n",
      request.method(), settings.url.path_prefix, request.target, settings.url.authority(),
      settings.user_agent);
  if (!is_request_target(settings.url.path_prefix + request.target) ||
      !is_field_value(settings.url.authority()) || !is_field_value(settings.user_agent)) {
    return fault("url or user agent hold characters that cannot stand in a request");
  }
  for (const Header& header : request.headers) {
    if (!is_token(header.name) || is_owned(header.name) ||
        same_header_name(header.name, credential.name)) {
      return fault(fmt::format("header \"{}\" may not be set here", excerpt(header.name, 60)));
    }
    if (!is_field_value(header.value)) {
      return fault(
          fmt::format("header {} holds characters that cannot stand in a request", header.name));
    }
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", header.name, header.value);
  }
  if (request.body) {
    const RequestBody& body = *request.body;
    if (!is_field_value(body.type) || body.type.empty() || !is_field_value(body.encoding)) {
      return fault("the type of the body holds characters that cannot stand in a request");
    }
    fmt::format_to(std::back_inserter(text), "Content-Type: {}\r\nContent-Length: {}\r\n",
                   body.type, body.octets.size());
    if (!body.encoding.empty())
      fmt::format_to(std::back_inserter(text), "Content-Encoding: {}\r\n", body.encoding);
  }
  if (!request.body && !request.verb.empty() && request.verb != "GET")
    text += "Content-Length: 0\r\n";
  if (credential.value == nullptr) return Secret::take(std::move(text += "\r\n"));
  const bool fit = credential.value->expose(
      [](std::string_view key) { return !key.empty() && is_field_value(key); });
  if (!fit || !is_token(credential.name)) {
    return fault("the credential is empty or holds characters that cannot stand in a header");
  }
  // Reserved in full before the key goes in: a reallocation would leave a copy behind.
  text.reserve(text.size() + credential.name.size() + credential.prefix.size() +
               credential.value->size() + 8);
  text += credential.name;
  text += ": ";
  text += credential.prefix;
  credential.value->expose([&](std::string_view key) { text += key; });
  text += "\r\n\r\n";
  return Secret::take(std::move(text));
}

}  // namespace anthropic_metrics::net
