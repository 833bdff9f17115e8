// SPDX-License-Identifier: Apache-2.0
// Makes whole buckets of the parts that the pages of a sparse report bring. A bucket is whole once
// a later one begins or the answer is over; one that did not come until then is empty. Pure.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "streams/fetcher.hpp"

namespace anthropic_metrics::streams {

class RowSequence {
 public:
  RowSequence(const Window& window, std::chrono::seconds width)
      : end_(window.end), width_(width), next_(window.start), open_(window.start) {}

  /// The parts of the next page, in its order. Errc::protocol if they are out of order or outside
  /// of the window.
  Result<void> take(std::vector<Bucket> parts);
  /// That was the last page: every bucket of the window is whole.
  void finish();

  /// The next buckets that are whole and end at complete_to or before, in order, those without rows
  /// too. Each is handed out once.
  std::vector<Bucket> whole(Instant complete_to);

  /// Every bucket before it was handed out.
  Instant reached() const noexcept { return next_; }
  /// What the next page begins with at the earliest, to the end.
  Window rest() const noexcept { return {open_, end_}; }

  /// The answer is asked for anew, from reached() on: what was not handed out is forgotten.
  void begin_anew();

 private:
  Result<void> join(Bucket& bucket, const Bucket& part) const;
  bool unsure(Instant start) const;

  Instant end_;
  std::chrono::seconds width_;
  Instant next_;
  Instant open_;                 ///< Every bucket before it is whole.
  std::deque<Bucket> held_;      ///< Those that have rows, by time; the last may be open.
  std::optional<Instant> lost_;  ///< From this bucket on an entry is lost that says none.
  std::vector<std::pair<Instant, Instant>> unsure_;  ///< First and last bucket it may be of.
};

}  // namespace anthropic_metrics::streams
