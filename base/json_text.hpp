// SPDX-License-Identifier: Apache-2.0
// Finds values in JSON as it is written, without changing a byte of it: for what must be kept or
// read exactly as the API sent it. Not for the hot path, and only for text that a parser has found
// to be JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics {

/// Follows brackets and quotes until the value that began first is over.
class JsonEnd {
 public:
  /// How many bytes of text belong to the value; npos: all of them, and it goes on. The value is an
  /// object or an array; text may come in pieces.
  std::size_t find(std::string_view text);
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  std::size_t depth_ = 0;
  bool quoted_ = false, escaped_ = false;
};

/// The elements of an array; none if it is something else.
std::vector<std::string_view> json_elements(std::string_view array);

/// The value of a member of an object; empty if there is none, or its name is written with escapes.
/// Of two with one name the last, as parsers decide.
std::string_view json_member(std::string_view object, std::string_view name);

/// At most `most` bytes of UTF-8 text, cut between characters.
std::string_view cut_text(std::string_view text, std::size_t most);

/// Most of a row's original that is kept. What is longer is no row that the API documents, and a
/// store refuses or cuts it.
inline constexpr std::size_t most_original_bytes = 32 * 1024;

/// Passes everything on but a byte order mark at the very beginning, which some servers write and
/// no JSON parser takes.
class WithoutMark {
 public:
  /// What is left of the next piece of the answer.
  std::string_view rest_of(std::string_view piece);

 private:
  std::size_t seen_ = 0;  ///< Bytes of the mark; 3: it is behind, or there is none.
  std::string held_;      ///< What looked like the beginning of one and was none, with its piece.
};

}  // namespace anthropic_metrics
