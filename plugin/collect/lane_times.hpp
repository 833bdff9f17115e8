// SPDX-License-Identifier: Apache-2.0
// Times of lanes that a wrong Date moved: found, and put back so that nothing is lost and nothing
// counts twice. Rows that the ledger knows emit nothing when they are read again; rows that it
// forgot go out under the ids that they had.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/services.hpp"
#include "ledger/ledger.hpp"

namespace anthropic_metrics {

/// What of a lane lies beyond server time: "cursor", "origin" or what it "forgot" with the time, in
/// one sentence; nothing if all is well. A lane that begins at the end of a former one may begin
/// within a bucket from now.
std::optional<std::string> beyond(const ledger::Lane& lane, Instant now);

/// Lanes whose times lie beyond `now`, put back: the origin to where the lane would begin today or
/// where the one before it ends, the cursor to the newest bucket that was emitted. Pure but for the
/// question for that bucket. lanes: oldest first; those that changed are returned.
Result<std::vector<ledger::Lane>> put_back(std::vector<ledger::Lane> lanes, Instant now,
                                           const streams::StreamSettings& settings,
                                           ledger::Ledger& ledger);

/// A stream's first lane began by one answer's Date. Once a second witness says the time, a lane
/// that would have begun earlier does, and its history follows.
class Beginning {
 public:
  Beginning(const Services& services, const StreamChoice& choice)
      : services_(services), choice_(choice) {}

  /// Remembers, with the lane, that it began by one Date only.
  Result<void> began(const ledger::Lane& lane) const;
  /// True if the lane was moved in the ledger.
  Result<bool> confirm(const ledger::Lane& first) const;

 private:
  const Services& services_;
  const StreamChoice& choice_;
};

}  // namespace anthropic_metrics
