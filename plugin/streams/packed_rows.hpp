// SPDX-License-Identifier: Apache-2.0
// The rows of one bucket in little memory: a row takes 8 bytes per count and 4 per text instead of
// hundreds. It grows by blocks, so that a large bucket never needs room for a second copy of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.hpp"
#include "streams/row.hpp"

namespace anthropic_metrics::streams {

class PackedRows {
 public:
  /// A text of a packed row: 0 absent, 1 null, otherwise 2 + the number of its string.
  using Reference = std::uint32_t;
  using References = std::array<Reference, Row::most_texts>;
  using Amounts = std::array<Reference, Row::most_amounts>;

  /// Of rows that use as many texts and counts: the rest of a Row is not kept.
  PackedRows(std::size_t texts, std::size_t counts);
  PackedRows() : PackedRows(Row::most_texts, Row::most_counts) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t texts() const { return texts_; }
  std::size_t counts() const { return counts_; }

  /// The block that the places of the rows point into.
  const std::string& text() const { return text_; }
  std::string_view view(const Text& place) const {
    return std::string_view(text_).substr(place.offset, place.size);
  }
  Text keep(std::string_view value);

  /// For about as many rows and bytes of text; memory that was reserved and not used goes back
  /// with fit().
  void reserve(std::size_t rows, std::size_t bytes);
  void fit();

  /// A row whose places are in this block. It is not added up with its equals.
  void push_back(const Row& row);
  /// All rows of another that has as many texts and counts, behind these.
  void append(const PackedRows& more);

  Row operator[](std::size_t i) const;
  /// The same into a row whose places beyond texts() and counts() are not touched.
  void read(std::size_t i, Row& row) const;
  /// Only what a row key needs.
  void read_texts(std::size_t i, Row& row) const;
  const std::int64_t* counts_of(std::size_t i) const;

  /// Exact; Row::money() has the text as it was written, and none where rows were added up.
  Decimal amount(std::size_t i, std::size_t which = 0) const;
  /// Whether it stands for more than one row of the answer.
  bool several(std::size_t i) const { return (flags(i) & several_bit) != 0; }
  /// Whether a sum of its counts left 64 bits. The counts say nothing then.
  bool overflowed(std::size_t i) const { return (flags(i) & overflowed_bit) != 0; }

  /// Adds row `from` to row `to`; `from` itself is left as it is. What has an original is shown.
  void add_up(std::size_t to, std::size_t from);

  // For RowMerger, which knows which rows and strings are equal. The row's places are in `block`.
  Reference new_string(std::string_view value);
  std::string_view string(Reference reference) const {
    const Place& place = strings_[reference - 2];
    return std::string_view(text_).substr(place.offset, place.size);
  }
  bool same_texts(std::size_t i, const References& texts) const;
  References references(std::size_t i) const;
  void append(const Row& row, std::string_view block, const References& texts,
              const Amounts& amounts);
  void add_up(std::size_t to, const Row& row, std::string_view block);

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using pointer = const Row*;
    using reference = Row;
    Iterator(const PackedRows& rows, std::size_t at) : rows_(&rows), at_(at) {}
    Row operator*() const { return (*rows_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const PackedRows* rows_;
    std::size_t at_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size_}; }

 private:
  struct Place {
    std::uint32_t offset, size;
  };
  using Word = std::uint64_t;
  static constexpr std::uint32_t partial_bit = 1u << 24;  // Below: Row::counts_present.
  static constexpr std::uint32_t several_bit = 1u << 25;
  static constexpr std::uint32_t overflowed_bit = 1u << 26;
  static constexpr std::uint32_t sum_bit = 1u
                                           << 31;  // Of an amount: the rest is a number of sums_.
  static constexpr std::size_t block_rows = 1024;

  // A row: its counts, then half words: flags, original, amounts, texts.
  static constexpr std::size_t at_flags = 0, at_original = 1, at_amounts = 2,
                               at_texts = at_amounts + Row::most_amounts;

  const Word* words(std::size_t i) const {
    return blocks_[i / block_rows].data() + i % block_rows * stride_;
  }
  Word* words(std::size_t i) { return blocks_[i / block_rows].data() + i % block_rows * stride_; }
  std::uint32_t half(std::size_t i, std::size_t which) const;
  void set_half(std::size_t i, std::size_t which, std::uint32_t value);
  std::uint32_t flags(std::size_t i) const { return half(i, at_flags); }
  Word* new_row();
  Reference reference_of(const Text& place);
  Text place_of(Reference reference) const;
  void add_counts(std::size_t to, const std::int64_t* counts);
  void add_amount(std::size_t to, std::size_t which, const Decimal& amount);

  std::size_t texts_, counts_, stride_;
  std::size_t size_ = 0;
  std::vector<std::vector<Word>> blocks_;  ///< All but the last one full; the first one grows.
  std::string text_;
  std::vector<Place> strings_;
  std::vector<Decimal> sums_;  ///< Amounts of rows that were added up.
};

}  // namespace anthropic_metrics::streams
