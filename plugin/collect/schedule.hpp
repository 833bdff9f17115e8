// SPDX-License-Identifier: Apache-2.0
// When a stream polls next, and how deep it reads. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "streams/stream_settings.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// Remembers when each tier was last read.
class Tiers {
 public:
  explicit Tiers(std::vector<streams::Tier> tiers);

  /// The deepest look-back due now; zero if there are no tiers. The first poll reads all of them.
  Milliseconds due(Monotonic now) const;
  /// A look-back of that depth was read: it covers the shallower tiers too.
  void done(Milliseconds look_back, Monotonic now);
  /// That of the deepest tier; zero if there are none.
  Milliseconds deepest() const;

 private:
  std::vector<streams::Tier> tiers_;
  std::vector<std::optional<Monotonic>> read_;
};

/// The windows one poll asks for, oldest first: from the cursor or, if that is earlier, the
/// look-back, to the newest boundary; never before the lane's origin or what was forgotten, nor
/// beyond its end. The look-back is measured from `read_to`, how far the stream was read before
/// this poll: what changed while nobody looked is as old as that.
std::vector<streams::Window> plan(const ledger::Lane& lane, Instant now, std::chrono::seconds width,
                                  std::int64_t most_buckets, Milliseconds settle,
                                  Milliseconds look_back, Instant read_to = Instant::max());

/// The newest window before the lane's origin that a backfill to `from` still has to read; nothing
/// if it is done.
std::optional<streams::Window> plan_backfill(const ledger::Lane& lane, Instant from,
                                             std::chrono::seconds width, std::int64_t most_buckets);

/// Before which bucket the ledger may forget a lane, if that is a day or more: what lies twice as
/// far behind the newest bucket that the stream emitted as it ever looks back. Not by server time:
/// one that jumps ahead must not cost the memory of what is still corrected.
std::optional<Instant> plan_forgetting(const ledger::Lane& lane, Instant newest,
                                       Milliseconds deepest);

/// Where a new lane begins: `initial` before now on a bucket boundary, or where the lane before it
/// stopped, moved up to a boundary of the new width.
Instant origin_of(std::optional<Instant> previous_cursor, Instant now, std::chrono::seconds width,
                  Milliseconds initial);

/// How long to wait after the n-th failure in a row (1 is the first): the interval; twice as long
/// each time, at most an hour or the interval, when only a person can help.
Milliseconds pause_after(Errc code, int failures, Milliseconds interval, Milliseconds asked_for);

}  // namespace anthropic_metrics
