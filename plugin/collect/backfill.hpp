// SPDX-License-Identifier: Apache-2.0
// History, newest first, in the time that live polling leaves: several windows are asked for at
// once, and read in their order.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>

#include "collect/history_part.hpp"
#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class Backfill {
 public:
  /// Both borrowed.
  Backfill(const Services& services, const StreamChoice& choice)
      : services_(services), choice_(choice) {}

  /// Reads windows before the lane's origin until it is `due`, or something is asked for, or
  /// backfill_from is reached, or the API has nothing older, or one fails: that is told, and tried
  /// again the next time. lane: the stream's oldest, to which history belongs, since grains must
  /// not overlap.
  boost::asio::awaitable<void> read_until(Monotonic due, Lane& lane);

  /// Windows are still under way although read_until() ended, by an exception. The lane must stay
  /// until they end, which they do soon.
  bool busy() const { return parts_ && !parts_->parts().empty(); }

 private:
  /// Windows that follow on each other. asked: the newest that the host asked for when this began.
  /// True if there are more, and they begin elsewhere than those that were under way.
  boost::asio::awaitable<bool> read_parts(Monotonic due, Lane& lane, Instant from,
                                          std::uint64_t asked);
  /// The windows from `next` on, as many as may be under way.
  void ask(Lane& lane, Instant from, Instant& next, const boost::asio::any_io_executor& executor);
  /// What was read is history from now on.
  Outcome<void> take(Lane& lane, const HistoryPart& part);
  void tell(const Lane& lane, const Outcome<void>& read);
  bool history_ends() const { return without_history_ >= 2; }

  const Services& services_;
  const StreamChoice& choice_;
  std::shared_ptr<HistoryParts> parts_;
  bool running_ = false;
  int without_history_ = 0;  ///< Answers in a row that had nothing older. One may be a fault.
};

}  // namespace anthropic_metrics
