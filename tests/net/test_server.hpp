// SPDX-License-Identifier: Apache-2.0
// A server on loopback that does exactly what a test says, octet by octet: plain or TLS. It knows
// no HTTP beyond "read up to the blank line".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certificates.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace anthropic_metrics::net::test {

struct ServerTls {
  Identity identity;
  int lowest = 0;  ///< e.g. TLS1_1_VERSION; 0: OpenSSL's default.
  int highest = 0;
  bool security_level_0 = false;
  std::string client_authority = {};  ///< PEM: demand a client certificate signed by it.
};

/// The caller frees it.
ssl_ctx_st* server_context(const ServerTls& tls);

class TestServer;

/// One accepted connection, on a thread of its own. Calls block; they return false (or "") when the
/// peer is gone or the server ends.
class Peer {
 public:
  std::string read_head();                  ///< Up to and including the blank line.
  std::string read_body(std::size_t size);  ///< That many octets behind a head; fewer at the end.
  bool send(std::string_view octets);
  bool send_in_pieces(std::string_view octets, std::size_t piece);
  void close_notify();    ///< TLS only.
  void finish();          ///< FIN, after close_notify in TLS.
  void cut();             ///< FIN without close_notify.
  void reset();           ///< RST.
  bool wait_for_close();  ///< Until the peer closes: a stall.
  bool start_tls(const ServerTls& tls);
  bool send_raw(std::string_view octets);  ///< Under TLS.
  int number = 0;                          ///< 0 is the first connection.

  ~Peer();

 private:
  friend class TestServer;
  Peer(TestServer& server, int fd) : server_(server), fd_(fd) {}
  bool wait_readable();
  std::size_t receive(char* data, std::size_t size);
  TestServer& server_;
  int fd_;
  ssl_st* ssl_ = nullptr;
  ssl_ctx_st* context_ = nullptr;
  std::string pending_;
};

class TestServer {
 public:
  using Script = std::function<void(Peer&)>;

  /// Accepts until it ends and runs `script` for every connection. With TLS the script starts after
  /// the handshake, and not at all if that failed. What comes later is drained and recorded.
  explicit TestServer(Script script);
  TestServer(ServerTls tls, Script script);
  ~TestServer();

  std::uint16_t port() const noexcept { return port_; }
  std::string received();  ///< Every application octet of all connections, in TLS decrypted.
  int connections() const noexcept { return connections_; }
  int handshakes() const noexcept { return handshakes_; }
  void drain();  ///< Waits until every connection so far has ended, on the client's side too.
  void await_scripts(int scripts);  ///< Waits until that many scripts have run to their end.

 private:
  friend class Peer;
  void start();
  void accept_loop();
  void serve(int fd, int number);
  void record(std::string_view octets);

  Script script_;
  std::unique_ptr<ServerTls> tls_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> handshakes_{0};
  std::atomic<int> scripts_{0};
  std::atomic<int> ended_{0};
  std::mutex mutex_;
  std::string received_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with Content-Length, a Date, and the body.
std::string ok_answer(std::string_view body, std::string_view more_headers = "");

}  // namespace anthropic_metrics::net::test
