// SPDX-License-Identifier: Apache-2.0
#include "net/head_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

Error broken(std::string message) {
  return Error{Errc::transient, std::move(message)};
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// A blank, a tab, visible ASCII or an octet above it: what a value or a reason may hold.
bool is_text(std::string_view line) noexcept {
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
  });
}

/// Calls `use` for every element of every header of that name, split at commas, without blanks;
/// empty elements are left out.
template <class Use>
void each_element(const ResponseHead& head, std::string_view name, Use use) {
  for (const Header& header : head.headers) {
    if (!same_header_name(header.name, name)) continue;
    std::string_view rest = header.value;
    while (true) {
      const auto comma = rest.find(',');
      if (const auto element = trim(rest.substr(0, comma)); !element.empty()) use(element);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
}

bool has_header(const ResponseHead& head, std::string_view name) noexcept {
  return std::any_of(head.headers.begin(), head.headers.end(),
                     [&](const Header& header) { return same_header_name(header.name, name); });
}

/// True if the body comes in chunks; false if every coding is identity.
Result<bool> is_chunked(const ResponseHead& head) {
  std::string unknown;
  int chunked = 0;
  bool last = false;
  each_element(head, "transfer-encoding", [&](std::string_view coding) {
    if (same_header_name(coding, "identity")) return;
    last = same_header_name(coding, "chunked");
    chunked += last ? 1 : 0;
    if (!last) unknown = excerpt(coding, 40);
  });
  if (!unknown.empty())
    return broken(fmt::format("the answer's transfer-encoding {} is not one we know", unknown));
  if (chunked > 1) return broken("the answer's transfer-encoding names chunked twice");
  return last;
}

Result<std::uint64_t> content_length(const ResponseHead& head) {
  std::optional<std::uint64_t> length;
  bool proper = true;
  bool same = true;
  each_element(head, "content-length", [&](std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{} || end != text.data() + text.size()) {
      proper = false;
      return;
    }
    same = same && (!length || *length == number);
    length = number;
  });
  if (!proper || !length) return broken("the answer's content-length is not a number");
  if (!same) return broken("the answer has several content-lengths that differ");
  return *length;
}

}  // namespace

std::optional<std::string_view> first_line(std::string_view octets, std::size_t& used) noexcept {
  const auto end = octets.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  used = end + 1;
  std::string_view line = octets.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<StatusLine> parse_status_line(std::string_view line) noexcept {
  constexpr std::string_view version = "HTTP/1.";
  if (line.size() < 12 || line.substr(0, version.size()) != version) return std::nullopt;
  if (line[7] != '0' && line[7] != '1') return std::nullopt;
  if (line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return std::nullopt;
  StatusLine out;
  out.old = line[7] == '0';
  for (const char c : line.substr(9, 3)) {
    if (!is_digit(c)) return std::nullopt;
    out.status = out.status * 10 + (c - '0');
  }
  if (out.status < 100 || !is_text(line)) return std::nullopt;
  return out;
}

bool take_header_line(std::string_view line, std::vector<Header>& headers) {
  if (!is_text(line)) return false;
  if (line.front() == ' ' || line.front() == '\t') {
    if (headers.empty()) return false;
    std::string& value = headers.back().value;
    const std::string_view more = trim(line);
    if (!value.empty() && !more.empty()) value += ' ';
    value += more;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = trim(line.substr(0, colon));
  if (!is_token(name)) return false;
  headers.push_back({std::string(name), std::string(trim(line.substr(colon + 1)))});
  return true;
}

Result<Framing> framing_of(const ResponseHead& head, const StatusLine& line) {
  Framing framing;
  framing.keep_alive = !line.old;
  bool close = false;
  each_element(head, "connection", [&](std::string_view option) {
    if (same_header_name(option, "close")) close = true;
    if (same_header_name(option, "keep-alive")) framing.keep_alive = true;
  });
  if (close) framing.keep_alive = false;

  if (line.status < 200 || line.status == 204 || line.status == 304) return framing;
  const bool length = has_header(head, "content-length");
  auto chunked = is_chunked(head);
  if (!chunked) return chunked.error();
  if (*chunked) {
    framing.end = Framing::End::chunks;
    // Somebody on the way may believe the length: what follows is not to be trusted.
    if (length || line.old) framing.keep_alive = false;
    return framing;
  }
  if (!length) {
    framing.end = Framing::End::connection;
    framing.keep_alive = false;
    return framing;
  }
  auto octets = content_length(head);
  if (!octets) return octets.error();
  framing.end = Framing::End::length;
  framing.length = *octets;
  return framing;
}

}  // namespace anthropic_metrics::net
