// SPDX-License-Identifier: Apache-2.0
// Which buckets to ask for, and whether all of them came back. Pure functions of server time.
#pragma once

#include <optional>
#include <vector>

#include "base/error.hpp"
#include "streams/fetcher.hpp"

namespace anthropic_metrics::streams {

/// The start of the bucket that holds the instant.
Instant align_down(Instant instant, std::chrono::seconds width) noexcept;
/// The first bucket start that is not before the instant.
Instant align_up(Instant instant, std::chrono::seconds width) noexcept;

/// The end of the newest bucket that closed at least `settle` before now: the last boundary that
/// may be asked for.
Instant newest_boundary(Instant now, std::chrono::seconds width, Milliseconds settle) noexcept;

/// Cuts [start, end) into windows of at most most_buckets buckets, oldest first. Empty if start is
/// not before end: an empty range is never sent.
std::vector<Window> split(Instant start, Instant end, std::chrono::seconds width,
                          std::int64_t most_buckets);

/// Checks that the buckets of a window come back in order, each exactly once, none missing.
class BucketSequence {
 public:
  /// may_begin_late: buckets may be missing at the window's beginning, as where history ends.
  BucketSequence(const Window& window, std::chrono::seconds width, bool may_begin_late = false)
      : next_(window.start), end_(window.end), width_(width), may_begin_late_(may_begin_late) {}

  /// Takes the next bucket of the answer. Errc::protocol on a gap, a repeat, an overlap, or a
  /// bucket outside of the window.
  Result<void> take(const Bucket& bucket);

  /// The answer is over. Errc::protocol if buckets are missing at the end.
  Result<void> finish() const;

  /// Where the buckets that came began: the window's end if there was none.
  Instant began() const { return began_.value_or(end_); }
  /// Every bucket before it has come.
  Instant reached() const noexcept { return next_; }

 private:
  Instant next_;
  Instant end_;
  std::chrono::seconds width_;
  bool may_begin_late_;
  std::optional<Instant> began_{};
};

}  // namespace anthropic_metrics::streams
