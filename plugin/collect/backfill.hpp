// SPDX-License-Identifier: Apache-2.0
// History, newest first, in the time that live polling leaves.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class Backfill {
 public:
  /// Both borrowed.
  Backfill(const Services& services, const StreamChoice& choice)
      : services_(services), choice_(choice) {}

  /// Reads windows before the lane's origin until it is `due`, or backfill_from is reached, or the
  /// API has nothing older, or one fails: that is told, and tried again the next time. lane: the
  /// stream's oldest, to which history belongs, since grains must not overlap.
  boost::asio::awaitable<void> read_until(Monotonic due, Lane& lane);

 private:
  boost::asio::awaitable<Outcome<void>> read(Lane& lane, streams::Window window);
  void tell(const Lane& lane, const Outcome<void>& read);
  bool history_ends() const { return without_history_ >= 2; }

  const Services& services_;
  const StreamChoice& choice_;
  bool running_ = false;
  int without_history_ = 0;  ///< Answers in a row that had nothing older. One may be a fault.
};

}  // namespace anthropic_metrics
