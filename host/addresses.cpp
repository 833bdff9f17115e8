// SPDX-License-Identifier: Apache-2.0
#include "addresses.hpp"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/host_name.hpp"

namespace anthropic_metrics::host {
namespace {

// Adds what the system says of one name. Its error code.
int resolve(const std::string& name, const std::string& port, std::vector<SocketAddress>& into) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return error;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress& address = into.emplace_back();
    std::memcpy(&address.octets, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
  }
  return 0;
}

}  // namespace

Result<std::vector<SocketAddress>> addresses_of(const std::string& name, const std::string& port) {
  std::vector<std::string> names{name};
  if (is_loopback_host(name) && !is_ip_literal(name)) names = {"127.0.0.1", "::1"};
  std::vector<SocketAddress> found;
  for (const std::string& one : names) {
    if (const int error = resolve(one, port, found); error != 0 && found.empty())
      return Failure{ExitCode::configuration, {::gai_strerror(error)}};
  }
  std::stable_sort(found.begin(), found.end(), [](const SocketAddress& a, const SocketAddress& b) {
    return a.family() == AF_INET && b.family() != AF_INET;
  });
  return found;
}

}  // namespace anthropic_metrics::host
