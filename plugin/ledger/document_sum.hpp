// SPDX-License-Identifier: Apache-2.0
// What documents add up to: tokens and money.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/decimal.hpp"
#include "ledger/record.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics::ledger {

struct DocumentSum {
  std::array<std::int64_t, streams::Row::most_counts> counts{};
  Decimal cents{};
  bool money = false;  ///< There is a row with an amount, be it zero.

  DocumentSum& operator+=(const DocumentSum& other);
  DocumentSum& operator-=(const DocumentSum& other);  ///< money stays.
  friend bool operator==(const DocumentSum&, const DocumentSum&) = default;
};

/// What this run wrote about the buckets of a lane's UTC day.
struct DayChanges {
  std::uint64_t count = 0;  ///< Rises with every write.
  DocumentSum added{};      ///< What the documents written with them add up to,
  std::uint64_t lost = 0;   ///< but for writes of which that is not known.
  bool whole = false;       ///< Nothing was there before this run, and nothing is lost.
};

/// Adds up rows of one layout, which is borrowed.
class RowSums {
 public:
  explicit RowSums(const streams::Layout& layout);

  /// A row of the record with these counts and this amount: its own, or what they changed by.
  void add(DocumentSum& sum, const BucketRecord& record, const streams::Row& row,
           const std::int64_t* counts, std::string_view amount) const;

 private:
  bool in_dollars(const BucketRecord& record, const streams::Row& row) const;

  const streams::Layout& layout_;
  std::size_t currency_;
};

}  // namespace anthropic_metrics::ledger
