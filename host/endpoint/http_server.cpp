// SPDX-License-Identifier: Apache-2.0
#include "endpoint/http_server.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "addresses.hpp"

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;

Failure cannot_listen(const EndpointSettings& settings, std::string_view why,
                      std::string_view remedy) {
  return {ExitCode::configuration,
          {fmt::format("http: cannot listen on {}: {}; {}", url_of(settings), why, remedy)}};
}

Failure cannot_listen(const EndpointSettings& settings, int error) {
  if (error == EADDRINUSE)
    return cannot_listen(settings, "another process listens there already",
                         "stop it, name another http.port, or set http.enabled to false");
  if (error == EACCES)
    return cannot_listen(settings, "this user may not take that port",
                         "name an http.port above 1023");
  if (error == EADDRNOTAVAIL)
    return cannot_listen(settings, "the address is none of this machine's",
                         "leave http.host out for localhost, or name an address of this machine");
  return cannot_listen(settings, std::strerror(error),
                       "name another http.host or http.port, or set http.enabled to false");
}

Result<FileDescriptor> listen_on(const EndpointSettings& settings) {
  const auto addresses = addresses_of(settings.host, std::to_string(settings.port));
  if (!addresses)
    return cannot_listen(settings, addresses.error().lines.front(),
                         "name an address of this machine in http.host, or leave it out");
  int error = EADDRNOTAVAIL;
  for (const SocketAddress& address : *addresses) {
    FileDescriptor listener(
        ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    if (listener.is_open() &&
        ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        ::bind(listener.get(), address.get(), address.length) == 0 &&
        ::listen(listener.get(), 16) == 0)
      return listener;
    error = errno;
    // Another address of the same name would hide that somebody has the port.
    if (error == EADDRINUSE || error == EACCES) break;
  }
  return cannot_listen(settings, error);
}

std::uint16_t port_of(int listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

bool is_for_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// The head of a request ends with an empty line; clients of old end their lines with \n alone.
bool is_whole(const std::string& head) {
  return head.find("\r\n\r\n") != std::string::npos || head.find("\n\n") != std::string::npos;
}

}  // namespace

struct HttpServer::Connection {
  FileDescriptor socket;
  Clock::time_point until;  // when it is closed whatever it does
  std::string head;         // as far as it came
  std::string answer;       // not empty: being written
  std::size_t written = 0;
  bool said = false;  // all is written; the client's end is waited for
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(const EndpointSettings& settings,
                                                      Handler handler, Limits limits) {
  auto listener = listen_on(settings);
  if (!listener) return listener.error();
  FileDescriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.is_open()) return cannot_listen(settings, errno);
  std::unique_ptr<HttpServer> server(
      new HttpServer(std::move(*listener), std::move(stop), settings, std::move(handler), limits));
  server->thread_ = std::thread(&HttpServer::serve, server.get());
  return server;
}

HttpServer::HttpServer(FileDescriptor listener, FileDescriptor stop, EndpointSettings settings,
                       Handler handler, Limits limits)
    : listener_(std::move(listener)),
      stop_(std::move(stop)),
      settings_(std::move(settings)),
      handler_(std::move(handler)),
      limits_(limits),
      port_(port_of(listener_.get())) {}

HttpServer::~HttpServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t told = ::write(stop_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

void HttpServer::serve() {
  while (true) {
    std::vector<pollfd> watched{{stop_.get(), POLLIN, 0}};
    // While all places are taken others wait in the system's queue.
    const bool room = connections_.size() < limits_.connections;
    if (room) watched.push_back({listener_.get(), POLLIN, 0});
    const std::size_t before = watched.size();
    Clock::time_point next = Clock::time_point::max();
    for (const Connection& connection : connections_) {
      const bool writes = !connection.answer.empty() && !connection.said;
      watched.push_back(
          {connection.socket.get(), static_cast<short>(writes ? POLLOUT : POLLIN), 0});
      next = std::min(next, connection.until);
    }
    int longest = -1;
    if (next != Clock::time_point::max()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count();
      longest = static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 60'000));
    }
    if (::poll(watched.data(), watched.size(), longest) < 0 && errno != EINTR) return;
    if (watched[0].revents != 0) return;
    const auto now = Clock::now();
    for (std::size_t i = connections_.size(); i-- > 0;) {
      const bool moved = watched[before + i].revents != 0;
      const bool over = now >= connections_[i].until || (moved && !go_on(connections_[i]));
      if (over) connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (room && watched[1].revents != 0) accept_some();
  }
}

void HttpServer::accept_some() {
  while (connections_.size() < limits_.connections) {
    FileDescriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.is_open()) {
      // Out of descriptors the queue stays full, and poll would say so without end.
      if (!is_for_later(errno)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return;
    }
    Connection connection;
    connection.socket = std::move(socket);
    connection.until = Clock::now() + limits_.patience;
    connections_.push_back(std::move(connection));
  }
}

bool HttpServer::go_on(Connection& connection) {
  if (connection.said) {
    // What a client still sends is read and forgotten: closing over it would take back the answer.
    std::array<char, 4096> ignored{};
    const ssize_t got = ::recv(connection.socket.get(), ignored.data(), ignored.size(), 0);
    return got > 0 || (got < 0 && is_for_later(errno));
  }
  return connection.answer.empty() ? read_some(connection) : write_some(connection);
}

bool HttpServer::read_some(Connection& connection) {
  std::array<char, 4096> piece{};
  const ssize_t got = ::recv(connection.socket.get(), piece.data(), piece.size(), 0);
  if (got < 0) return is_for_later(errno);
  if (got == 0) return false;
  connection.head.append(piece.data(), static_cast<std::size_t>(got));
  const bool whole = is_whole(connection.head);
  if (!whole && connection.head.size() <= limits_.head_bytes) return true;
  answer(connection);
  return write_some(connection);
}

void HttpServer::answer(Connection& connection) {
  HttpRequest request;
  if (connection.head.size() > limits_.head_bytes) {
    request.refused = 431;
    request.why = fmt::format("the head of a request has at most {} octets", limits_.head_bytes);
  } else {
    request = parse_request(connection.head, settings_.host);
  }
  HttpAnswer given;
  if (request.refused != 0) {
    given.status = request.refused;
    given.body = request.why + "\n";
  } else {
    try {
      given = handler_(request.path);
    } catch (const std::exception&) {
      given = {500, "text/plain; charset=utf-8", "the answer could not be made\n"};
    }
  }
  connection.answer = to_bytes(given, request.head_only);
}

bool HttpServer::write_some(Connection& connection) {
  const ssize_t sent =
      ::send(connection.socket.get(), connection.answer.data() + connection.written,
             connection.answer.size() - connection.written, MSG_NOSIGNAL);
  if (sent < 0) return is_for_later(errno);
  connection.written += static_cast<std::size_t>(sent);
  if (connection.written < connection.answer.size()) return true;
  connection.said = true;
  return ::shutdown(connection.socket.get(), SHUT_WR) == 0;
}

}  // namespace anthropic_metrics::host
