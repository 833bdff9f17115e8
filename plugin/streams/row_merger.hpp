// SPDX-License-Identifier: Apache-2.0
// Puts the rows of a bucket into it as they are read: each different string once, and rows of equal
// texts added up. A report that repeats a row a million times costs what one row costs.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "streams/packed_rows.hpp"

namespace anthropic_metrics::streams {

class RowMerger {
 public:
  /// A bucket begins, with about as many rows as the one before.
  void begin(std::size_t usual_rows);
  /// It is over: a large one's tables go back.
  void end();

  // rows: the same for all rows of a bucket, and changed by nobody else meanwhile.

  /// A string of a row. column: rows in a row often have the same string in it.
  PackedRows::Reference intern(PackedRows& rows, std::size_t column, std::string_view value) {
    const PackedRows::Reference last = last_[column];
    return last != 0 && rows.string(last) == value ? last : find(rows, column, value);
  }
  /// A row with these texts; Row::texts is not looked at. Its other places are in `block`.
  void add(PackedRows& rows, const PackedRows::References& texts, const Row& row,
           std::string_view block);

 private:
  static constexpr std::size_t amount_column = Row::most_texts;
  PackedRows::Reference find(PackedRows& rows, std::size_t column, std::string_view value);
  void grow_strings(const PackedRows& rows);
  void grow_rows(const PackedRows& rows);

  // Open addressing; 0: free, otherwise a reference, or 1 + the number of a row.
  std::vector<std::uint32_t> strings_, rows_;
  std::size_t strings_used_ = 0;
  std::array<PackedRows::Reference, Row::most_texts + Row::most_amounts> last_{};
};

}  // namespace anthropic_metrics::streams
