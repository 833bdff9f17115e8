// SPDX-License-Identifier: Apache-2.0
// What a decoder produces: the rows of one bucket, packed, and the layout that says what each place
// of a row means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "streams/packed_rows.hpp"
#include "streams/personal.hpp"
#include "streams/row.hpp"

namespace anthropic_metrics::streams {

/// A row that could not be read as it should be. It is kept as the API wrote it and is part of no
/// sum; good rows are not held back by it.
struct OddRow {
  Row row;               ///< The texts that could be read; no counts, no amount.
  std::string reason;    ///< With the JSON path, but no indexes: the same at every reading.
  std::string original;  ///< Cut after most_original_bytes; empty if it cannot be known.
  /// Every text of its identity was read: it is known which row's numbers are missing.
  bool identified = false;
};

/// One interval of the answer, complete: every row the API reports for it. For a snapshot stream
/// the whole answer is one bucket without times.
struct Bucket {
  Instant start{};
  Instant end{};
  PackedRows rows;  ///< With the block of text that all places of this bucket point into.
  /// No more of them than most_odd_rows; the rest is counted.
  std::vector<OddRow> odd;
  std::size_t more_odd = 0;
  static constexpr std::size_t most_odd_rows = 200;
  /// Rows may be missing, because an entry of the answer does not say which bucket it is of: those
  /// that were known and did not come stay as they are.
  bool unsure = false;

  std::string_view view(const Text& place) const { return rows.view(place); }
  /// Puts a string into the block and says where it is.
  Text keep(std::string_view value) { return rows.keep(value); }
};

/// A string column: a dimension, or another keyword of the document.
struct TextColumn {
  std::string name{};        ///< Key in the API's row.
  std::string field{};       ///< Field under anthropic.<stream>; empty: not in the document.
  std::string null_field{};  ///< Field that says what null means; empty: null leaves no trace.
  std::string null_text{};   ///< Its value, e.g. "Default" for the default workspace.
  bool json = false;      ///< The text is JSON already: an array of strings, an array of objects.
  bool identity = true;   ///< Part of the row key. Display names and lists that grow are not.
  bool personal = false;  ///< Says who a person is, beyond an id: Layout::personal holds for it.
};

/// A counter of the row. A column that the API must send is required; others count as 0 when
/// missing.
struct CountColumn {
  std::string path;   ///< Key in the API's row; one dot at most: "cache_creation.ephemeral_...".
  std::string field;  ///< Field under anthropic.<stream>.
  bool required = false;
  /// Left out of a document where it is 0: not every row has such a number.
  bool skip_zero = false;
};

/// A field that is the sum of counters, for users who want one number.
struct SumColumn {
  std::string field;
  std::vector<std::size_t> of;  ///< Indexes in Layout::counts.

  /// Each count came from the API as a non-negative 64-bit number; nothing bounds their sum, so it
  /// is taken modulo 2^64 instead of being undefined.
  template <class Counts>
  std::int64_t in(const Counts& counts) const {
    std::uint64_t sum = 0;
    for (const std::size_t i : of) sum += static_cast<std::uint64_t>(counts[i]);
    return static_cast<std::int64_t>(sum);
  }
};

/// What the places of a Row mean, for one stream with one set of groupings.
struct Layout {
  std::vector<TextColumn> texts;
  std::vector<CountColumn> counts;
  std::vector<SumColumn> sums;
  bool money = false;  ///< Row::amount is used: fields <amount> and <amount>_exact.
  std::string amount = "amount";
  bool list_money = false;  ///< Row::list_amount too: list_amount and list_amount_exact.
  /// Both are left out of a document where they are 0, with their totals.
  bool money_skip_zero = false;
  /// Where the currency of the amounts stands in texts, whatever rows are grouped by; texts.size()
  /// if they do not say it.
  std::size_t currency() const {
    std::size_t i = 0;
    while (i < texts.size() && texts[i].field != "currency") ++i;
    return i;
  }
  /// As many of Row::money().
  std::size_t amounts() const { return money ? list_money ? 2 : 1 : 0; }
  /// Counts are states of the bucket, which add up with nothing: a change is told as the whole row
  /// as it is now, and no difference.
  bool gauges = false;
  std::string bucket_width;  ///< "1h"; empty if documents do not say it: it is always the same.
  std::vector<std::string> group_by;  ///< Sorted; empty for streams without grouping.
  /// Members of an entry that nobody may keep, wherever they stand in it.
  std::vector<std::string> never_kept{};
  Personal personal{};  ///< What of personal columns may reach a row, or its original.
};

}  // namespace anthropic_metrics::streams
