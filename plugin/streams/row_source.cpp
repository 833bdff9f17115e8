// SPDX-License-Identifier: Apache-2.0
#include "streams/row_source.hpp"

#include <functional>

#include "streams/json_text.hpp"

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
  start_ = 0;
}

void RowSource::carry() {
  if (start_ == nowhere) return;
  carrying_ = true;
  if (carried_.size() < most_original_bytes)
    carried_ += piece_.substr(start_).substr(0, most_original_bytes - carried_.size());
}

std::string RowSource::text() const {
  std::string text = carried_;
  if (start_ == nowhere) return {};
  JsonEnd end;
  end.find(carried_);
  const std::string_view rest = piece_.substr(start_);
  text += rest.substr(0, end.find(rest));
  return std::string(cut_text(text, most_original_bytes));
}

}  // namespace anthropic_metrics::streams
