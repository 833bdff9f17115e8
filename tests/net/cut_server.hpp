// SPDX-License-Identifier: Apache-2.0
// A server that ends a connection at an exact octet of the wire, TLS handshake and records
// included, of what it sent or of what it received. It lives in the client's event loop, so a
// thousand connections cost no thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace anthropic_metrics::net::test {

enum class Ending { fin, reset, stall };

struct CutPlan {
  static constexpr std::size_t never = SIZE_MAX;
  std::string answer;
  Ending ending = Ending::fin;
  std::size_t after_sent = never;      ///< Octets of ours on the wire, then the end.
  std::size_t after_received = never;  ///< Octets of the client's, then the end.
};

class CutServer {
 public:
  /// tls_version: TLS1_2_VERSION, TLS1_3_VERSION or 0 for plain.
  CutServer(boost::asio::io_context& loop, int tls_version, const std::string& host);
  ~CutServer();

  CutPlan plan;  ///< Of every connection that is accepted from now on.

  int accepted = 0;
  int cuts = 0;          ///< Connections that ended as planned, the others by themselves.
  int early_octets = 0;  ///< Of requests, although the handshake was not over.
  // Of the last connection that ended:
  std::size_t sent = 0, received = 0;
  std::size_t sent_before_answer = 0;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int open() const { return open_; }

 private:
  struct Conversation;
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket, CutPlan mine);

  boost::asio::io_context& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  ssl_ctx_st* context_ = nullptr;
  int open_ = 0;
};

}  // namespace anthropic_metrics::net::test
