// SPDX-License-Identifier: Apache-2.0
// Sockets that ask the host's endpoint as no library would: in pieces, wrongly, never ending.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host::test {

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  bool send(const std::string& text) {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  // All until the server closes; "timeout" at the end if it does not within 20 s.
  std::string receive() {
    std::string all;
    std::array<char, 4096> piece{};
    while (true) {
      const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (got == 0) return all;
      if (got < 0) return errno == EAGAIN ? all + "timeout" : all;
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  FileDescriptor socket_;
  bool connected_ = false;
};

struct Answered {
  int status = 0;
  std::string head;
  std::string body;
};

inline Answered get(std::uint16_t port, const std::string& path,
                    const std::string& host = "localhost", const std::string& method = "GET") {
  Client client(port);
  REQUIRE(client.connected());
  REQUIRE(client.send(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
  const std::string all = client.receive();
  const std::size_t end = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 ") || end == std::string::npos) return {0, all, ""};
  return {std::stoi(all.substr(9, 3)), all.substr(0, end + 2), all.substr(end + 4)};
}

}  // namespace anthropic_metrics::host::test
