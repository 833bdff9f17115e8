// SPDX-License-Identifier: Apache-2.0
#include "streams/row_source.hpp"

#include <functional>

#include "base/json_text.hpp"

namespace anthropic_metrics::streams {

void RowSource::found(const char* key) {
  seeking_ = false;
  const char* const begin = piece_.data();
  const std::less_equal<const char*> before;
  // A key with escapes is handed on from the parser's own memory.
  if (piece_.empty() || !before(begin, key) || !before(key, begin + piece_.size())) return;
  bool quote = false;
  auto at = static_cast<std::size_t>(key - begin);
  while (at > 0) {
    const char c = piece_[--at];
    if (c == '{') {
      start_ = at;
      return;
    }
    if (c == '"')
      quote = true;
    else if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
      return;
  }
  // The brace, and perhaps the quote, ended the piece before.
  carried_ = quote ? "{" : "{\"";
  scan_.find(carried_);
  start_ = 0;
}

void RowSource::carry() {
  if (!known()) return;
  carrying_ = true;
  const std::string_view rest = piece_.substr(start_);
  scan_.find(rest);
  if (carried_.size() < most_original_bytes)
    carried_ += rest.substr(0, most_original_bytes - carried_.size());
}

std::size_t RowSource::end_in_piece() const {
  JsonEnd scan = scan_;
  const std::size_t size = scan.find(piece_.substr(start_));
  return size == JsonEnd::npos ? nowhere : start_ + size;
}

std::string RowSource::text() const {
  if (!known()) return {};
  const std::size_t end = end_in_piece();
  const std::string_view rest =
      piece_.substr(start_, end == nowhere ? std::string_view::npos : end - start_);
  return std::string(
      cut_text(carried_ + std::string(rest.substr(0, most_original_bytes)), most_original_bytes));
}

}  // namespace anthropic_metrics::streams
