// SPDX-License-Identifier: Apache-2.0
// Reads the windows that the host asked for of one stream, in the order it asked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "collect/asked.hpp"
#include "collect/lane.hpp"
#include "collect/lanes.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class AskedReader {
 public:
  /// Both borrowed.
  AskedReader(const Services& services, const StreamChoice& choice)
      : services_(services), choice_(choice) {}

  /// Reads all that waits, or until one fails that may do better later: it stays the first. lanes:
  /// of an instance that works by itself; null: what is emitted is not remembered. Organization and
  /// server time must be known.
  boost::asio::awaitable<Outcome<void>> read_all(const Lanes* lanes);
  /// Nothing of what waits can be read, now or later.
  Result<void> give_up_all(const Error& why);

 private:
  /// Null with what to say if it cannot be.
  Result<Lane*> lane_of(const Asked::Window& window, const Lanes* lanes);
  boost::asio::awaitable<Outcome<void>> read(const Asked::Window& window, Lane& lane);
  boost::asio::awaitable<Outcome<void>> withdraw(const Asked::Window& window, Lane& lane);
  Result<void> done(const Asked::Window& window, Instant reached);
  Result<void> give_up(const Asked::Window& window, const Error& why);
  /// Of what was told and not read nothing stays in an instance that remembers nothing.
  Result<void> forget(const Asked::Window& window);

  const Services& services_;
  const StreamChoice& choice_;
  std::uint64_t number_ = 0;    ///< Of the window that is being read.
  int failures_ = 0;            ///< Of it.
  std::unique_ptr<Lane> lane_;  ///< On request: made for that window, and knows how far it is.
};

/// Nobody need try again: only a person can help, or nobody.
bool for_good(Errc code);

}  // namespace anthropic_metrics
