// SPDX-License-Identifier: Apache-2.0
// The rules of NO_PROXY, apart from proxy.cpp because they are a small language of their own.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/octets.hpp"
#include "net/proxy.hpp"

namespace anthropic_metrics::net {
namespace {

struct Address {
  unsigned char bytes[16] = {};
  unsigned bits = 0;  // 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes) == 1) {
    address.bits = 32;
    return address;
  }
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes) == 1) {
    address.bits = 128;
    return address;
  }
  return std::nullopt;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || value > most) {
    return std::nullopt;
  }
  return value;
}

bool same_network(const Address& a, const Address& b, unsigned prefix) {
  if (a.bits != b.bits) return false;
  for (unsigned bit = 0; bit < prefix; ++bit) {
    const unsigned mask = 0x80u >> (bit % 8);
    if ((a.bytes[bit / 8] & mask) != (b.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool entry_matches(std::string_view entry, std::string_view host, std::uint16_t port) {
  if (entry == "*") return true;

  // A port, unless the colons belong to an IPv6 address without brackets.
  if (entry.front() == '[') {
    const auto close = entry.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view after = entry.substr(close + 1);
    if (!after.empty() && (after[0] != ':' || parse_number(after.substr(1), 65535) != port)) {
      return false;
    }
    entry = entry.substr(1, close - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    const auto colon = entry.find(':');
    if (parse_number(entry.substr(colon + 1), 65535) != port) return false;
    entry = entry.substr(0, colon);
  }
  if (entry.empty()) return false;

  if (const auto slash = entry.find('/'); slash != std::string_view::npos) {
    const auto network = parse_address(entry.substr(0, slash));
    const auto address = parse_address(host);
    if (!network || !address) return false;
    const auto prefix = parse_number(entry.substr(slash + 1), network->bits);
    return prefix && same_network(*network, *address, *prefix);
  }
  if (const auto address = parse_address(entry)) {
    const auto other = parse_address(host);
    return other && same_network(*address, *other, address->bits);
  }

  if (entry.substr(0, 2) == "*.") entry.remove_prefix(1);
  while (entry.size() > 1 && entry.back() == '.') entry.remove_suffix(1);  // a root dot
  if (entry == ".") return false;
  if (entry.front() == '.') return ends_with(host, entry) && host.size() > entry.size();
  return host == entry || (ends_with(host, entry) && host[host.size() - entry.size() - 1] == '.');
}

}  // namespace

bool bypasses_proxy(std::string_view no_proxy, std::string_view host, std::uint16_t port) {
  std::string name = to_lower(host);
  while (name.size() > 1 && name.back() == '.') name.pop_back();
  while (!no_proxy.empty()) {
    const auto comma = no_proxy.find(',');
    const std::string entry = to_lower(trim(no_proxy.substr(0, comma)));
    if (!entry.empty() && entry_matches(entry, name, port)) return true;
    no_proxy = comma == std::string_view::npos ? "" : no_proxy.substr(comma + 1);
  }
  return false;
}

}  // namespace anthropic_metrics::net
