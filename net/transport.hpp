// SPDX-License-Identifier: Apache-2.0
// The seam between the driver and the network. https_transport.cpp implements it; tests script
// it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::net {

/// One request's answer, its body in pieces. Destroying it before the body's end closes the
/// connection; after the end the connection is kept for the next request.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const ResponseHead& head() const noexcept = 0;

  /// The next piece of the decoded (inflated) body, at most 64 KiB, empty at its end. Valid until
  /// the next call. Takes no more from the network than it returns, so a slow reader slows the
  /// sender. Fails with Errc::transient if the body was cut, stalled or over its limits: then the
  /// exchange is over and what was read must not be taken for a whole answer.
  virtual boost::asio::awaitable<Result<std::string_view>> read() = 0;
};

/// Sends requests to the configured origin. Used on one event loop; not thread-safe. Several
/// exchanges may be open at once, each on a connection of its own.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Sends a request and waits for the head of its answer, whatever the status. Never follows a
  /// redirect. Fails with Errc::transient (network, deadline), Errc::configuration (certificate
  /// refused, target not allowed, credential unreadable) or Errc::cancelled.
  ///
  /// Bind the request to a name and move it in: GCC 12 destroys a braced temporary inside a
  /// co_await expression twice.
  virtual boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> send(Request request) = 0;

  /// True while a name lookup runs, which cannot be interrupted: tearing the loop down would wait.
  virtual bool lookup_running() const noexcept = 0;

  /// Ends everything under way with Errc::cancelled, at once, and refuses all that comes later.
  /// Call on the loop's thread; pending operations finish when the loop next runs.
  virtual void cancel() = 0;

  /// Requests that went out once more by themselves, since the start: each after a kept connection
  /// turned out to be dead. The pace counts them too.
  virtual std::uint64_t resent() const noexcept { return 0; }

  /// True if the peer's certificate is not verified: for status.
  virtual bool unverified() const noexcept = 0;
};

}  // namespace anthropic_metrics::net
