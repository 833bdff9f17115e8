// SPDX-License-Identifier: Apache-2.0
// What the documents of a UTC day or month add up to, for status: tokens and money of the current
// and the previous one. A day is read once from the ledger, which holds what was emitted,
// corrections included; from then on what is written is added. So it is what the store sums once it
// has everything.
//
// Thread-safe: status is asked from any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "ledger/ledger.hpp"
#include "settings/settings.hpp"

namespace anthropic_metrics {

struct PeriodTotal {
  std::string period;  ///< current_day, previous_day, current_month, previous_month
  Instant from{};
  std::vector<std::pair<std::string, std::int64_t>> counts;  ///< By field of the document.
  std::optional<Decimal> cents;                              ///< Of streams with money.
};

/// What each UTC day cost, for estimates of what is to come: the days before today that have rows.
struct DailyMoney {
  Instant today{};
  Instant from{};  ///< The state holds all of the days from there on.
  std::vector<std::pair<Instant, Decimal>> cents;  ///< In order of days.
};

class PeriodTotals {
 public:
  using ByStream = std::map<std::string, std::vector<PeriodTotal>>;
  using Daily = std::map<std::string, DailyMoney>;
  /// So far back do the days of DailyMoney reach, if the state does.
  static constexpr std::chrono::days most_days{61};

  /// Borrowed for its life.
  PeriodTotals(const Settings& settings, ledger::Ledger& ledger);

  /// As of `now`, server time. Works at most about as long as `budget` on days that changed and
  /// goes on at the next call; a stream is left out until all of its days are known. Left out are
  /// also periods to whose beginning the state does not reach back: their sums would be less than
  /// the store's. Without a durable state there are none.
  ByStream as_of(Instant now, Milliseconds budget);

  /// The days of streams with money that the last as_of() knew all days of.
  Daily daily(Instant now);

 private:
  struct Day {
    std::uint64_t lost = 0;    ///< Of the ledger's changes, when the day was read.
    ledger::DocumentSum base;  ///< What was there before this run, as it was read then.
    ledger::DocumentSum sum;   ///< And what was added since.
  };
  using Key = std::pair<std::int64_t, Instant>;  ///< Lane and day.

  Result<ledger::DocumentSum> read_day(std::int64_t lane, Instant day,
                                       const streams::Layout& layout);
  /// False if the time was over first.
  Result<bool> bring_up(const ledger::Lane& lane, Instant from, Instant now,
                        const streams::Layout& layout, Monotonic until);

  const Settings& settings_;
  ledger::Ledger& ledger_;
  std::mutex mutex_;
  std::map<Key, Day> days_;                      ///< Guarded by mutex_, as all that works on it.
  std::set<std::string, std::less<>> complete_;  ///< Streams whose days were all known last time.
};

}  // namespace anthropic_metrics
