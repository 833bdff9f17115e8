// SPDX-License-Identifier: Apache-2.0
// One request and its answer on one connection. Private to the transport, which decides about reuse
// and repetition; this decides nothing, it carries out and says what happened.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/answer_parser.hpp"
#include "net/connection.hpp"
#include "net/inflate.hpp"
#include "net/rate_floor.hpp"
#include "net/transport.hpp"
#include "net/transport_core.hpp"
#include "net/wait.hpp"

namespace anthropic_metrics::net {

class HttpsExchange final : public Exchange {
 public:
  HttpsExchange(std::shared_ptr<TransportCore> core, std::string what, Budget budget);
  ~HttpsExchange() override;

  const ResponseHead& head() const noexcept override { return head_; }
  boost::asio::awaitable<Result<std::string_view>> read() override;

  /// Opens a connection: lookup, dial, CONNECT, TLS.
  boost::asio::awaitable<Result<void>> connect();

  /// Uses one that was kept.
  void use(std::unique_ptr<Connection> connection) { connection_ = std::move(connection); }

  /// Writes the request and waits for the head.
  boost::asio::awaitable<Result<void>> start(const Request& request);

  /// After start() failed: true if a kept connection ended before the peer answered anything, so
  /// that the request may go out again on a new one.
  bool was_stale() const noexcept { return stale_; }

 private:
  boost::asio::awaitable<Result<void>> open_tunnel();
  boost::asio::awaitable<Result<void>> receive_head();
  boost::asio::awaitable<Result<std::string_view>> receive_body();
  Result<bool> parse_head();
  Error failure(const Outcome& outcome, std::string_view phase,
                std::chrono::steady_clock::duration limit) const;
  Error in_context(const Error& error) const;
  std::string shown(std::string_view octets) const;
  Error with_offending(Error error, const AnswerParser& parser) const;
  Error fail(Error error);
  void finish();

  std::shared_ptr<TransportCore> core_;
  std::string what_;  // "GET https://host/path", for messages
  Budget budget_;
  RateFloor floor_;
  std::unique_ptr<Connection> connection_;
  AnswerParser parser_;
  ResponseHead head_;
  std::optional<BodyDecoder> decoder_;
  std::vector<char> decoded_;  // inflated, for gzip only
  std::optional<Error> failed_;
  std::uint64_t traced_ = 0;
  bool asked_ = false;  // the request left in full
  bool ended_ = false;
  bool stale_ = false;
};

}  // namespace anthropic_metrics::net
