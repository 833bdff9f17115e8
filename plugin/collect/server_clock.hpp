// SPDX-License-Identifier: Apache-2.0
// Server time: the API's Date header carried forward by the monotonic clock. It alone decides which
// buckets are closed; the host's wall clock decides nothing.
//
// One Date may be wrong: a front server whose clock is off. Two answers some seconds apart, carried
// to the same moment by the monotonic clock, are two witnesses; where they differ the earlier
// reading counts, because too early costs a later answer and too late would skip buckets.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace anthropic_metrics {

class ServerClock {
 public:
  /// Answers closer together than this may come from the same moment of the same clock: one
  /// witness.
  static constexpr std::chrono::seconds apart{2};
  /// Witnesses that differ by no more than this agree.
  static constexpr std::chrono::seconds tolerance{5};

  explicit ServerClock(const Clock& clock) : clock_(&clock) {}

  /// Takes the Date of an answer that arrived at `received`. Date is cut to the second and was
  /// written before the answer arrived, so now() never runs ahead of the server.
  void observe(Instant date, Monotonic received) noexcept;

  /// What an answer of an earlier run said the time was: a witness for all moments before it.
  void remember(Instant date) noexcept { remembered_ = date; }

  bool known() const noexcept { return newest_.has_value(); }

  /// Server time now: the earlier reading of two witnesses, of one while there is one. Requires
  /// known(). Does not go back while the server's clock does not: answers that differ by under two
  /// seconds (rounding, two machines) keep the later reading.
  Instant now() const noexcept;

  /// The latest time that two answers say has come; nothing while there was one answer. What may
  /// not be undone moves no further than this.
  std::optional<Instant> confirmed() const noexcept;

  /// Two answers of this run, some seconds apart, agree about now().
  bool steady() const noexcept;

  /// What an earlier run said lies ahead of now().
  bool remembers_wrongly() const noexcept {
    return remembered_ && *remembered_ > now() + tolerance;
  }

  /// When the next answer would be a second witness. Requires known().
  Monotonic second_witness_at() const noexcept { return first_->at + apart; }

 private:
  struct Anchor {
    Instant date;
    Monotonic at;
  };
  Instant carried(const Anchor& anchor) const noexcept;

  const Clock* clock_;
  std::optional<Anchor> newest_;
  std::optional<Anchor> first_;  ///< Of the answers that are one witness with the newest.
  std::optional<Anchor> older_;  ///< The witness before them.
  std::optional<Instant> remembered_;
};

}  // namespace anthropic_metrics
