// SPDX-License-Identifier: Apache-2.0
#include "control/dial.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "addresses.hpp"
#include "base/octets.hpp"

namespace anthropic_metrics::host::control {
namespace {

struct Target {
  const sockaddr* address = nullptr;
  socklen_t size = 0;
};

Failure unreachable(const std::string& address, std::string_view reason) {
  Failure failure{
      ExitCode::internal,
      {fmt::format("the Elastic Agent cannot be reached at {}: {}; this goes on trying, "
                   "see whether the Agent runs",
                   excerpt(address, 100), reason)},
      "agent"};
  failure.passes = true;
  return failure;
}

// 0, or the errno of the refusal.
int connect_to(const FileDescriptor& socket, Target target, Wake& wake,
               Wake::Clock::time_point deadline) {
  if (::connect(socket.get(), target.address, target.size) == 0) return 0;
  // A local socket whose queue is full says EAGAIN, and is no more under way.
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  for (;;) {
    switch (wake.wait(socket.get(), POLLOUT, deadline)) {
      case Wake::Reason::late:
        return ETIMEDOUT;
      case Wake::Reason::called:
        if (wake.is_stopping()) return ECANCELED;
        continue;
      case Wake::Reason::ready:
        break;
    }
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }
}

Result<FileDescriptor> dial_one(const std::string& address, int family, Target target, Wake& wake,
                                Wake::Clock::time_point deadline) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return unreachable(address, std::strerror(errno));
  if (const int error = connect_to(socket, target, wake, deadline))
    return unreachable(address, std::strerror(error));
  const int yes = 1;
  if (family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  return socket;
}

Result<FileDescriptor> dial_path(const std::string& address, std::string path, Wake& wake,
                                 Wake::Clock::time_point deadline) {
  if (path.compare(0, 2, "//") == 0) path.erase(0, 2);
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.size() >= sizeof(local.sun_path)) return unreachable(address, "the path is too long");
  std::copy(path.begin(), path.end(), local.sun_path);
  return dial_one(address, AF_UNIX, {reinterpret_cast<const sockaddr*>(&local), sizeof(local)},
                  wake, deadline);
}

}  // namespace

Result<FileDescriptor> dial(const std::string& address, Wake& wake,
                            Wake::Clock::time_point deadline) {
  constexpr std::string_view local = "unix:";
  if (address.compare(0, local.size(), local) == 0)
    return dial_path(address, address.substr(local.size()), wake, deadline);

  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return unreachable(address, "the address has no port");
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const auto found = addresses_of(host, address.substr(colon + 1));
  if (!found) return unreachable(address, found.error().lines.front());

  Result<FileDescriptor> result = unreachable(address, "the name has no address");
  for (const SocketAddress& one : *found) {
    if (result || wake.is_stopping()) break;
    result = dial_one(address, one.family(), {one.get(), one.length}, wake, deadline);
  }
  return result;
}

}  // namespace anthropic_metrics::host::control
