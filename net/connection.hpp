// SPDX-License-Identifier: Apache-2.0
// One TCP connection, with or without TLS: bytes in, bytes out, each operation with a deadline.
// Knows nothing of HTTP; says what became of an operation in terms a caller can decide on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/lookup.hpp"
#include "net/tls.hpp"
#include "net/wait.hpp"

namespace anthropic_metrics::net {

enum class Fate {
  ok,
  end,      ///< The peer closed properly: close_notify, or FIN without TLS.
  lost,     ///< Reset, closed without close_notify, unreachable, damaged TLS record.
  late,     ///< The deadline passed; the connection is closed.
  stopped,  ///< Cancelled; the connection is closed.
};

struct Outcome {
  Fate fate = Fate::ok;
  std::size_t size = 0;  ///< Octets moved.
  std::string detail;    ///< The system's or OpenSSL's own word; empty when ok.
};

/// Octets received and not yet consumed. Its memory is given back while the connection is idle.
class ReceiveBuffer {
 public:
  std::string_view data() const noexcept { return {memory_.data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  bool full() const noexcept { return begin_ == 0 && end_ == capacity; }
  void consume(std::size_t size) noexcept {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void release_memory() noexcept { memory_ = {}; }

 private:
  friend class Connection;
  static constexpr std::size_t capacity = 64 * 1024;
  std::vector<char> memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class Connection {
 public:
  using Duration = std::chrono::steady_clock::duration;

  /// Tries all endpoints, each a quarter of a second after the one before or as soon as it failed;
  /// the first to connect wins. `limit` bounds all of it.
  struct Dialled;
  static boost::asio::awaitable<Dialled> dial(boost::asio::any_io_executor executor,
                                              std::shared_ptr<StopList> stops, Endpoints endpoints,
                                              Duration limit);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// TLS from here on. `tls` is borrowed for the connection's life. On failure the connection is of
  /// no further use; nothing but the handshake was sent.
  boost::asio::awaitable<Result<void>> start_tls(const TlsContext& tls, const Url& origin,
                                                 Duration limit);

  /// Success if the peer was verified as `origin`, or if this is a plain connection to a loopback
  /// address. Asked again before every request that carries the key.
  Result<void> check_peer(const TlsContext* tls, const Url& origin) const;

  /// All of `octets`, which must stay until this returns.
  boost::asio::awaitable<Outcome> write(std::string_view octets, Duration limit);

  /// At least one octet into `received`, which must not be full.
  boost::asio::awaitable<Outcome> read(Duration limit);

  ReceiveBuffer received;

  /// True if nothing arrived and the peer did not close since the last answer. Does not wait.
  bool is_quiet();

  std::string peer() const;  ///< "203.0.113.7:443", for messages.

  std::chrono::steady_clock::time_point idle_since{};
  bool reused = false;

 private:
  struct Watch;
  struct Tls;
  struct Race;
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<StopList> stops);
  Outcome outcome(const boost::system::error_code& ec, std::size_t size) const;

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;
  std::shared_ptr<Watch> watch_;  // shared with timer handlers that may run after us
};

struct Connection::Dialled {
  std::unique_ptr<Connection> connection;  ///< Null if none answered.
  Outcome outcome;
};

}  // namespace anthropic_metrics::net
