// SPDX-License-Identifier: Apache-2.0
#include "base/host_name.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace anthropic_metrics {
namespace {

bool is_address(std::string_view host, int family) noexcept {
  char text[64];
  unsigned char bytes[16];
  if (host.size() >= sizeof text || host.find('\0') != std::string_view::npos) return false;
  std::copy(host.begin(), host.end(), text);
  text[host.size()] = '\0';
  return inet_pton(family, text, bytes) == 1;
}

}  // namespace

bool is_ipv4(std::string_view host) noexcept {
  return is_address(host, AF_INET);
}

bool is_ipv6(std::string_view host) noexcept {
  return is_address(host, AF_INET6);
}

bool is_ip_literal(std::string_view host) noexcept {
  return is_ipv4(host) || is_ipv6(host);
}

bool is_loopback_host(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);  // the same name, written whole
  if (host == "localhost" || host == "::1") return true;
  if (host.size() > 10 && host.ends_with(".localhost")) return true;
  return host.starts_with("127.") && is_ipv4(host);
}

}  // namespace anthropic_metrics
