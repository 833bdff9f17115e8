// SPDX-License-Identifier: Apache-2.0
// Names to addresses, for sockets that this process listens on or dials itself.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "failure.hpp"

namespace anthropic_metrics::host {

struct SocketAddress {
  sockaddr_storage octets{};
  socklen_t length = 0;

  int family() const { return octets.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&octets); }
};

// Of a name or an address literal without brackets, and a port in digits; IPv4 first, as other
// tools take localhost. localhost and the names below it are loopback without asking anybody (RFC
// 6761 6.3): where there is no /etc/hosts, nobody would know. A failure is one line, the resolver's
// words. May wait for the resolver.
Result<std::vector<SocketAddress>> addresses_of(const std::string& name, const std::string& port);

}  // namespace anthropic_metrics::host
