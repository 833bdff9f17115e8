// SPDX-License-Identifier: Apache-2.0
// The text of the row that is being read, as the API wrote it, without keeping the answer: where in
// the piece it began, and a copy of what earlier pieces had of it. Costs a row nothing but a look
// at its first key; only a row that is asked for is copied.
#pragma once

#include <string>
#include <string_view>

#include "base/json_text.hpp"

namespace anthropic_metrics::streams {

class RowSource {
 public:
  /// A piece of the answer is about to be parsed; it must stay until end_of_piece().
  void begin_of_piece(std::string_view piece) {
    piece_ = piece;
    start_ = carrying_ ? 0 : nowhere;
  }
  void end_of_piece() {
    if (open_) carry();
    piece_ = {};
  }

  /// The row's opening brace was read.
  void open() {
    open_ = seeking_ = true;
    carrying_ = named_ = false;
    start_ = nowhere;
    carried_.clear();
    scan_ = {};
  }
  bool seeking() const { return seeking_; }
  /// The row's first key, or its first part.
  void found(const char* key);
  /// A key was read to its end. Whether one that is no JSON is told in part depends on where the
  /// answer is cut, so what stands before its end says nothing of the row.
  void named() { named_ = true; }
  bool is_named() const { return named_; }
  /// The row's closing brace was read.
  void close() { open_ = carrying_ = seeking_ = false; }

  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  /// False: it cannot be known what the row's text is. Its first key was not read, or is written
  /// with escapes.
  bool known() const { return start_ != nowhere; }
  /// Where in the piece the row ends by its brackets and quotes; nowhere: in one to come. Only if
  /// it is known.
  std::size_t end_in_piece() const;
  /// The row that was closed last, whose text ends there; empty if it is not whole in this piece.
  std::string_view whole(const char* end) const {
    if (!known() || !carried_.empty()) return {};
    return piece_.substr(start_, static_cast<std::size_t>(end - piece_.data()) - start_);
  }
  /// Of the row that was closed last, or ends in this piece, at most most_original_bytes. Empty if
  /// it is not known. Only within that piece.
  std::string text() const;

 private:
  void carry();

  std::string_view piece_;
  std::size_t start_ = nowhere;  ///< Of what the piece has of the row.
  std::string carried_;          ///< What earlier pieces had, cut.
  JsonEnd scan_;                 ///< Behind all that they had.
  bool open_ = false, seeking_ = false;
  bool carrying_ = false;  ///< It began in an earlier piece, and is known.
  bool named_ = false;
};

}  // namespace anthropic_metrics::streams
