// SPDX-License-Identifier: Apache-2.0
// What the text of a host name or an address says by itself, without asking anybody. Addresses are
// written without brackets.
#pragma once

#include <string_view>

namespace anthropic_metrics {

bool is_ipv4(std::string_view host) noexcept;
bool is_ipv6(std::string_view host) noexcept;
/// True for an IPv4 or IPv6 literal.
bool is_ip_literal(std::string_view host) noexcept;
/// True for localhost, *.localhost (RFC 6761 6.3), 127.0.0.0/8 and ::1. A dot at the end changes
/// nothing.
bool is_loopback_host(std::string_view host) noexcept;

}  // namespace anthropic_metrics
