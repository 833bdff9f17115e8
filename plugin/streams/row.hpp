// SPDX-License-Identifier: Apache-2.0
// One row of an answer, unpacked: what decoders fill and documents are written from.
#pragma once

#include <array>
#include <cstdint>

namespace anthropic_metrics::streams {

/// A string of a row: a place in the block of text that comes with it, or null, or absent from the
/// answer.
struct Text {
  enum class State : std::uint32_t { absent, null, present };
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  State state = State::absent;
};

/// One result of a bucket. Places are numbered by the stream's Layout.
struct Row {
  static constexpr std::size_t most_texts = 16;
  static constexpr std::size_t most_counts = 24;
  static constexpr std::size_t most_amounts = 2;

  std::array<Text, most_texts> texts;
  std::array<std::int64_t, most_counts> counts{};
  std::uint32_t counts_present = 0;  ///< Bit i: counts[i] was in the answer.
  Text amount;                       ///< Decimal text of the money, for streams that have it.
  Text list_amount;                  ///< The same before discounts.
  /// The row as the API sent it, if it was asked to be kept, or a count is below zero or so large
  /// that sums might not fit.
  Text original;
  bool partial = false;  ///< Something odd was left out of it.

  /// 0: amount, 1: list_amount.
  Text& money(std::size_t which) { return which == 0 ? amount : list_amount; }
  const Text& money(std::size_t which) const { return which == 0 ? amount : list_amount; }
};

}  // namespace anthropic_metrics::streams
