// SPDX-License-Identifier: Apache-2.0
// The rule that makes plain sums right: compares what the API says of a bucket with what was
// emitted for it, and says which documents make up the difference. Pure.
//
//   row is new                          revision 0 with its value
//   row differs                         next revision with the signed difference
//   row vanished                        next revision that takes it to zero
//   row is back                         next revision that takes it from zero to its value
//   row is the same                     nothing
//   two rows with the same dimensions   are one row, added up (a dimension we do not know yet, or
//                                       one that takes back a part of the other: it is below zero)
//   a row is odd                        nothing; what was emitted for it before stays as it is
//   rows add up to what no document     nothing of them; they are odd
//   can hold, or to less than nothing
//
// Of an odd row that does not say whose it is, any row that vanished may be the former self: while
// there is one, rows of its bucket that vanished stay as they are.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "ledger/record.hpp"

namespace anthropic_metrics::ledger {

/// One document to emit. Its dimensions are those of record.rows[row].
struct Change {
  std::size_t row = 0;
  std::array<std::int64_t, streams::Row::most_counts> counts{};  ///< Signed difference.
  std::string amount;                                            ///< Signed difference, canonical.
};

struct Reconciled {
  BucketRecord record;          ///< What the ledger must know once the changes are emitted.
  std::vector<Change> changes;  ///< Empty if nothing differs: then nothing is written either.
  /// Rows to set aside: the bucket's, and those that do not add up. Their texts are in the bucket.
  std::vector<streams::OddRow> odd;
  /// Keys under which rows were set aside before. They are not in the record any more.
  std::vector<RowKey> odd_before;
};

/// key_of: the row key for the dimensions of a row of `bucket`.
Result<Reconciled> reconcile(BucketRecord known, const streams::Bucket& bucket,
                             const streams::Layout& layout,
                             const std::function<RowKey(const streams::Row&)>& key_of);

}  // namespace anthropic_metrics::ledger
