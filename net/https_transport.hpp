// SPDX-License-Identifier: Apache-2.0
// The Transport that talks to the network: keep-alive connections, TLS, proxy, deadlines, streaming
// bodies. What it may and may not do is in transport.hpp and http_settings.hpp.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>

#include "base/log.hpp"
#include "net/authorizer.hpp"
#include "net/http_settings.hpp"
#include "net/lookup.hpp"
#include "net/transport.hpp"

namespace anthropic_metrics::net {

class Tracer;
struct TransportCore;

/// What a transport may be given besides its settings. Borrowed pointers outlive the transport.
struct TransportParts {
  Tracer* tracer = nullptr;  ///< enable_request_tracer.
  Log log;                   ///< May be empty.
  LookupFunction lookup;     ///< Empty: the operating system's.
};

/// Counters since the start, for status and tests.
struct TransportCounts {
  std::uint64_t requests = 0;     ///< Written, or begun to be.
  std::uint64_t connections = 0;  ///< Opened, TLS included.
  std::uint64_t reused = 0;       ///< Requests on a kept connection.
  std::uint64_t stale = 0;        ///< Kept connections that had died; the request went out again.
};

/// Must end before the loop does; its exchanges may end later than it. Everything runs on the
/// loop's thread. Destroying the loop with requests under way is clean, but waits while
/// lookup_running().
class HttpsTransport final : public Transport {
 public:
  /// Reads certificates and keys. Fails with Errc::configuration. `authorizer` is borrowed and
  /// outlives the transport.
  static Result<std::unique_ptr<HttpsTransport>> make(boost::asio::any_io_executor executor,
                                                      HttpSettings settings, Authorizer& authorizer,
                                                      TransportParts parts = {});
  ~HttpsTransport() override;

  boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> send(Request request) override;
  bool lookup_running() const noexcept override;

  void cancel() override;

  /// Closes kept connections, e.g. before a long pause.
  void close_idle();

  TransportCounts counts() const noexcept;

  std::uint64_t resent() const noexcept override;

  /// Loopback with verification_mode none.
  bool unverified() const noexcept override;

  /// "http://***@proxy:3128", or "" when connections are direct: for status.
  std::string proxy() const;

 private:
  explicit HttpsTransport(std::shared_ptr<TransportCore> core);

  static boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> send_on(
      std::shared_ptr<TransportCore> core, Request request);

  std::shared_ptr<TransportCore>
      core_;  // shared with exchanges, which return their connections to it
};

}  // namespace anthropic_metrics::net
