// SPDX-License-Identifier: Apache-2.0
// The lanes of one stream: all that were ever read and still matter, oldest first, the present one
// without an end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class Lanes {
 public:
  /// Both borrowed. None is open yet.
  Lanes(const Services& services, const StreamChoice& choice)
      : services_(services), choice_(choice) {}

  /// Opens those that the ledger has, and a new one where the configuration asks for another
  /// grain, unless they are open. Server time must be known. Of a snapshot: its only one.
  Result<void> open();
  bool empty() const { return lanes_.empty(); }
  const std::vector<std::unique_ptr<Lane>>& all() const { return lanes_; }
  Lane& in_use() const;
  /// To which history before all of them belongs.
  Lane& oldest() const;

  /// What is wrong with their times is mended by the time that two answers agree on: called before
  /// they are opened or read. An error if no two agree yet.
  boost::asio::awaitable<Outcome<void>> settle_times();

  /// Brings every cursor to the disk, as far as it may go.
  Result<void> save();
  /// Forgets what will not be read again.
  Result<void> forget_old();
  /// Where they stand, into the status.
  void show() const;

 private:
  Result<void> add(ledger::Lane place);
  Result<Instant> newest_saved() const;

  const Services& services_;
  const StreamChoice& choice_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace anthropic_metrics
