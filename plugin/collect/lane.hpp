// SPDX-License-Identifier: Apache-2.0
// One stream read with one grain: where it stands, and what reads it. Nobody else writes its
// position, in memory or in the ledger.
#pragma once

#include <memory>
#include <optional>

#include "collect/broken_rows.hpp"
#include "collect/emitter.hpp"
#include "collect/outcome.hpp"
#include "collect/page_size.hpp"
#include "collect/schedule.hpp"
#include "collect/services.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// The stream's settings, with the grain, the data stream and what was shown of persons as the lane
/// has them; of a snapshot, which has none, as they are.
streams::StreamSettings settings_of(const StreamChoice& choice, const ledger::Lane& place);

class Lane {
 public:
  /// place: its row of the ledger; of a snapshot the stream's name and nothing else. choice and
  /// services outlive the lane.
  static Result<std::unique_ptr<Lane>> open(const Services& services, const StreamChoice& choice,
                                            ledger::Lane place);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  std::string_view stream() const { return choice_.stream->name; }
  const ledger::Lane& place() const { return place_; }
  const streams::StreamSettings& settings() const { return settings_; }
  const streams::Fetcher& fetcher() const { return *fetcher_; }
  Emitter& emitter() { return *emitter_; }
  Tiers& tiers() { return tiers_; }
  const Tiers& tiers() const { return tiers_; }

  /// Every bucket before it is emitted, says the disk. The cursor of place() may be further: it
  /// went by a time that one answer said.
  Instant saved() const { return saved_; }

  /// Every bucket before `boundary` has been emitted. Never goes back.
  void reached(Instant boundary) { place_.cursor = std::max(place_.cursor, boundary); }
  /// Brings the cursor to the disk, no further than the time that two answers confirm. What is
  /// ahead of that leaves a note of the time, so that the next run has this one as a witness.
  Result<void> save();
  /// Everything from `origin` on has been emitted: history was read that far back.
  Result<void> extend(Instant origin);
  /// Forgets what was emitted before `boundary`, which is never read again.
  Result<void> forget(Instant boundary);
  /// What was read by a time that is not true any more is read again.
  void back_to_saved() { place_.cursor = saved_; }

  /// How many buckets or entries a page may have; remembered over restarts.
  const PageSize& pages() const { return pages_; }
  /// A page of so many came whole.
  void page_came(std::int64_t asked);
  /// It was too much, or took too long. True if the rest is to be asked for at once, in less; else
  /// `error` says what a person can do.
  bool ask_for_less(Error& error, std::int64_t asked);

  /// Rows that are no JSON: of history, whose windows lie before the origin, apart.
  BrokenRows& broken(const streams::Window& window) {
    return window.end <= place_.origin ? broken_history_ : broken_;
  }

 private:
  Lane(const Services& services, const StreamChoice& choice, ledger::Lane place);
  /// Writes what changes of the place: no rows, no documents.
  Result<void> write(ledger::Commit change);
  void remember_pages();

  const Services& services_;
  const StreamChoice& choice_;
  ledger::Lane place_;
  streams::StreamSettings settings_;  ///< The stream's, with the lane's grain.
  std::unique_ptr<streams::Fetcher> fetcher_;
  std::unique_ptr<Emitter> emitter_;
  Tiers tiers_;
  Instant saved_{};
  bool noted_time_ = false;
  PageSize pages_{1};
  BrokenRows broken_, broken_history_;
};

}  // namespace anthropic_metrics
