// SPDX-License-Identifier: Apache-2.0
// When a stream polls next, and how deep it reads. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
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

  /// How long past its time a tier may be, or how long before it, to share a poll.
  static constexpr Milliseconds slack = std::chrono::minutes(1);

  /// The deepest look-back to read with a poll at `now`; zero if there is none. Due are the tiers
  /// whose time is over. With a poll that reads a new bucket go those, too, whose time is over
  /// before `next`, when the bucket after that is asked for: else they would need a poll of their
  /// own. The first poll reads all of them.
  Milliseconds due(Monotonic now, std::optional<Monotonic> next = std::nullopt) const;
  /// When a tier needs a poll of its own: one that is deeper than `least`, and may not wait for the
  /// poll at `next`, which is to come within `interval` of the tier's time.
  std::optional<Monotonic> own_poll(Monotonic next, Milliseconds interval,
                                    Milliseconds least = Milliseconds(0)) const;
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

/// When the bucket behind `cursor` is closed and settled, by server time, and `spread` has passed.
Instant closing_of(Instant cursor, std::chrono::seconds width, Milliseconds settle,
                   std::chrono::seconds spread = std::chrono::seconds(0));

/// By how much an instance asks later than the moment at which all instances everywhere could: the
/// same for each organization and stream, below a minute and a quarter of the interval.
std::chrono::seconds spread_of(std::string_view organization, std::string_view stream,
                               Milliseconds interval);

/// What the time of the next poll follows from. Times are of the steady clock.
struct Waiting {
  Monotonic started{};  ///< The poll that is over began then,
  Milliseconds interval{};
  /// and the next bucket is closed and settled then; nothing: it is already, or not known when.
  std::optional<Monotonic> bucket{};
  std::optional<Monotonic> tier{};  ///< A tier needs a poll then.
};

/// When the next poll is due: when there is something that can have changed, but not within an
/// interval of the last one. So a bucket that is closed and settled is asked for within an interval
/// of that moment; what is there already and did not come is asked for an interval later.
Monotonic next_poll(const Waiting& waiting);

/// How long to wait after the n-th failure in a row (1 is the first): the interval; twice as long
/// each time, at most an hour or the interval, when only a person can help.
Milliseconds pause_after(Errc code, int failures, Milliseconds interval, Milliseconds asked_for);

}  // namespace anthropic_metrics
