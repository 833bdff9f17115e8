// SPDX-License-Identifier: Apache-2.0
#include "endpoint/http_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/host_name.hpp"

namespace anthropic_metrics::host {
namespace {

HttpRequest refusal(int status, std::string why) {
  HttpRequest request;
  request.refused = status;
  request.why = std::move(why);
  return request;
}

HttpRequest malformed() {
  return refusal(400, "this is no request of HTTP/1.1");
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

// The next line without its end; text begins behind it then.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127; });
}

// "localhost:5066" to "localhost", "[::1]:5066" to "::1".
std::string host_part(std::string_view value) {
  if (value.starts_with('[')) {
    const std::size_t end = value.find(']');
    return end == std::string_view::npos ? std::string() : lower(value.substr(1, end - 1));
  }
  return lower(value.substr(0, value.find(':')));
}

bool may_ask(std::string_view value, std::string_view own_host) {
  const std::string host = host_part(value);
  return is_loopback_host(host) || is_ip_literal(host) || host == lower(own_host);
}

// Fields of the head that matter here. Nothing if a line is none.
struct Fields {
  std::optional<std::string> host;
  bool two_hosts = false;
};
std::optional<Fields> fields_of(std::string_view rest) {
  Fields fields;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) return fields;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_plain(line.substr(0, colon)))
      return std::nullopt;
    if (lower(line.substr(0, colon)) != "host") continue;
    fields.two_hosts = fields.host.has_value();
    fields.host = std::string(trimmed(line.substr(colon + 1)));
  }
  return std::nullopt;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

HttpRequest parse_request(std::string_view head, std::string_view own_host) {
  const std::string_view line = take_line(head);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return malformed();
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return malformed();
  if (!target.starts_with('/') || !is_plain(target)) return malformed();
  const auto fields = fields_of(head);
  if (!fields || fields->two_hosts) return malformed();
  if (!fields->host && version == "HTTP/1.1") return malformed();
  if (fields->host && !may_ask(*fields->host, own_host))
    return refusal(403,
                   "the Host of this request is another than that of this endpoint; ask for it by "
                   "its address, by localhost, or by the name in http.host");
  if (method != "GET" && method != "HEAD")
    return refusal(405, "only GET and HEAD are answered here");
  HttpRequest request;
  request.head_only = method == "HEAD";
  request.path = target.substr(0, target.find('?'));
  return request;
}

std::string to_bytes(const HttpAnswer& answer, bool head_only) {
  std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      answer.status, reason_phrase(answer.status), answer.type, answer.body.size(),
      answer.status == 405 ? "Allow: GET, HEAD\r\n" : "");
  if (!head_only) bytes += answer.body;
  return bytes;
}

}  // namespace anthropic_metrics::host
