// SPDX-License-Identifier: Apache-2.0
// One request until it is answered or given up: turn, pace, credential, retry. What to do after an
// attempt is decided in api/retry.hpp; this file only carries it out. Whoever asked pulls the body.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "collect/history_part.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "net/message.hpp"

namespace anthropic_metrics {

/// A good answer whose body is being read. It ends with its attempt.
class OpenAnswer {
 public:
  OpenAnswer(const Services& services, std::string_view stream, net::Exchange& exchange,
             std::optional<Turnstile::Turn>& turn, const HistoryPart* part)
      : services_(services), stream_(stream), exchange_(exchange), turn_(turn), part_(part) {}

  /// Server time of the answer.
  Instant date() const;

  /// The next piece of the body, inflated, at most 64 KiB; empty at its end. Valid until the next
  /// call. Between two pieces others get on, and a poll may end. While nobody calls, the socket is
  /// not read, and the server waits.
  boost::asio::awaitable<Result<std::string_view>> piece();

  /// Waits while the host is behind, and lets other requests have the turn meanwhile.
  boost::asio::awaitable<void> wait_for_room();

  /// What came first of the body, for messages.
  const std::string& beginning() const { return beginning_; }
  /// The body broke off: the error is the network's.
  bool broke_off() const { return broke_off_; }

 private:
  const Services& services_;
  std::string_view stream_;
  net::Exchange& exchange_;
  std::optional<Turnstile::Turn>& turn_;
  const HistoryPart* part_;  ///< Null: it is none of history.
  std::string beginning_;
  bool began_ = false;
  bool broke_off_ = false;
};

/// Pulls the body of a good answer. Called anew for each attempt that has one: then what the one
/// before brought is to be forgotten.
using ReadBody = std::function<boost::asio::awaitable<Result<void>>(OpenAnswer&)>;

/// stream: whose counters move, and the component of log lines. read lives as long as the request.
/// A refused key is read again, and only if it has changed asked with once more: it may have been
/// replaced a moment ago. part: of history, whose requests have places and a pace of their own; one
/// that is abandoned asks for nothing more, Errc::cancelled.
boost::asio::awaitable<Outcome<void>> request(const Services& services, std::string_view stream,
                                              net::Request message, const ReadBody& read,
                                              const HistoryPart* part = nullptr);

}  // namespace anthropic_metrics
