// SPDX-License-Identifier: Apache-2.0
// Places that an exchange may not get past, and a request sent there.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "client.hpp"

namespace anthropic_metrics::net::test {

/// An API behind a proxy on loopback. user: "" or "name:password@".
inline HttpSettings proxied(std::uint16_t proxy_port, const std::string& user = "") {
  HttpSettings settings = settings_for("api.example.test", 443);
  settings.addresses.clear();
  settings.proxy = parse_proxy(fmt::format("http://{}127.0.0.1:{}", user, proxy_port)).value();
  return settings;
}

/// A listener whose queue is full: connecting to it neither succeeds nor fails.
class FullListener {
 public:
  explicit FullListener(std::uint32_t address = INADDR_LOOPBACK, std::uint16_t port = 0) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(address);
    address_.sin_port = htons(port);
    socklen_t size = sizeof address_;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::listen(listener_, 0) == 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    for (int& fd : fillers_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      (void)::connect(fd, reinterpret_cast<sockaddr*>(&address_), size);
    }
  }
  ~FullListener() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  sockaddr_in address_{};
  int listener_ = -1;
  int fillers_[4] = {};
};

/// Sends and forgets: for requests that never end.
inline void launch(Client& client, std::optional<Error>& failed) {
  boost::asio::co_spawn(client.loop, fetch(*client.transport, Request{std::string(me), {}}),
                        [&](std::exception_ptr, Result<Answer> answer) {
                          if (!answer) failed = answer.error();
                        });
}

}  // namespace anthropic_metrics::net::test
