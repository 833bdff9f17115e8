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
//
// A bucket may be huge, so its record comes and goes in parts: neither the whole record nor all of
// its changes are ever in memory. Each part's changes belong to it, so each can be committed alone.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ledger/record.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics::ledger {

/// A correction to emit. Its dimensions are those of record.rows[row].
struct Change {
  std::size_t row = 0;
  std::array<std::int64_t, streams::Row::most_counts> counts{};  ///< Signed difference.
  /// The same of money, canonical: by Row::money().
  std::array<std::string, streams::Row::most_amounts> amounts;
};

/// A part of a bucket's record and what has to be emitted so that it is true.
struct Part {
  BucketRecord record;
  std::vector<Change> changes;  ///< Of rows that were known.
  /// Rows of the record that are new: from there on, so many. Each is a document as it stands.
  std::size_t first_new = 0, new_rows = 0;
  /// Keys under which rows were set aside before. They are not in the record any more.
  std::vector<RowKey> odd_before;

  /// Whether there is anything to emit.
  bool differs() const { return !changes.empty() || new_rows > 0; }
};

/// One reading of one bucket. Use: add_up() until it is done, compare() each part that is known,
/// then add_new() into the last of them and into new parts while there are new rows.
class Reconciliation {
 public:
  /// The row key for the dimensions of a row of the bucket.
  using KeyOf = std::function<RowKey(const streams::PackedRows&, const streams::Row&)>;

  /// layout is borrowed.
  Reconciliation(streams::Bucket bucket, const streams::Layout& layout, KeyOf key_of);

  /// Looks at most `most` rows more: rows with equal keys are one. True once all were looked at.
  bool add_up(std::size_t most);

  const streams::Bucket& bucket() const { return bucket_; }
  /// Rows to set aside: the bucket's, and those that do not add up. Their texts are in the bucket.
  /// No more than Bucket::most_odd_rows; the others are counted.
  const std::vector<streams::OddRow>& odd() const { return bucket_.odd; }
  std::size_t more_odd() const { return bucket_.more_odd; }

  /// Moves the rows of a known part to what the API says, to zero if they vanished.
  Part compare(BucketRecord known);

  /// Whether there are new rows that are in no part yet.
  bool has_new();
  /// Appends new rows to a part until it has `most` rows.
  void add_new(Part& part, std::size_t most);

 private:
  enum Flag : std::uint8_t { taken = 1, unfit = 2 };  ///< In a part, or of another row; or odd.
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  std::uint32_t& slot_of(const RowKey& key);
  std::size_t find(const RowKey& key);
  bool held(const RowKey& key) const;
  void set_aside();

  streams::Bucket bucket_;
  const streams::Layout& layout_;
  KeyOf key_of_;
  streams::Row scratch_;
  std::vector<RowKey> keys_;          ///< Of the rows looked at so far.
  std::vector<std::uint8_t> flags_;   ///< Of each row.
  std::vector<std::uint32_t> slots_;  ///< By key. 0: free; otherwise 1 + number of the row.
  std::vector<RowKey> held_;          ///< Of odd rows, sorted: what was emitted for them stays.
  bool any_may_be_odd_ = false;
  std::size_t next_new_ = 0;
};

}  // namespace anthropic_metrics::ledger
