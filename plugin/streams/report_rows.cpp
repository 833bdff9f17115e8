// SPDX-License-Identifier: Apache-2.0
// Rows that are read by their pattern: nearly all. report_handler.cpp has what the parser tells.
#include <algorithm>
#include <cstring>

#include "base/byte_scan.hpp"
#include "streams/report_handler.hpp"

namespace anthropic_metrics::streams {
namespace {

/// Behind `word` if it stands there; otherwise null.
const char* behind_word(const char* at, const char* end, std::string_view word) {
  const bool there = static_cast<std::size_t>(end - at) >= word.size() &&
                     std::memcmp(at, word.data(), word.size()) == 0;
  return there ? at + word.size() : nullptr;
}
bool is_null(const char* at, const char* end) {
  return *at == 'n' && behind_word(at, end, "null") != nullptr;
}

/// The closing quote of a string that begins at `at`, behind its quote; null if it is not plain.
const char* closing_quote(const char* at, const char* end) {
  const char* const close = plain_end<Plain::ascii>(at, end);
  const bool plain = close != end && *close == '"' &&
                     static_cast<std::size_t>(close - at) <= ReportHandler::most_text_bytes;
  return plain ? close : nullptr;
}

/// Behind a value that says nothing to us; null if it is not plain.
const char* behind_unknown(const char* at, const char* end) {
  switch (*at) {
    case '"': {
      const char* const close = closing_quote(at + 1, end);
      return close == nullptr ? nullptr : close + 1;
    }
    case 'n':
      return behind_word(at, end, "null");
    case 't':
      return behind_word(at, end, "true");
    case 'f':
      return behind_word(at, end, "false");
    default:
      return plain_number(at, end).end;
  }
}

}  // namespace

void ReportHandler::end_of_part(const char* end, bool behind_row) {
  if (!behind_row) behind_ = Behind::other;
  if (behind_ != Behind::row) return;
  if (patience_ > 0) --patience_;
  if (!usual_row_) return;
  if (const std::string_view row = source_.whole(end); !row.empty())
    pattern_.learn(row, {row_keys_, group_keys_});
}

const char* ReportHandler::read_rows(const char* at, const char* end) {
  if (!pattern_.known()) return at;
  clear_row();
  bool first = behind_ == Behind::bracket;
  for (;;) {
    // What could be too much is the parser's too: it says what.
    const std::size_t left = static_cast<std::size_t>(end - at);
    if (bucket_.rows.size() >= most_rows_ || bucket_.rows.text().size() + left > most_bucket_bytes)
      return at;
    const char* begin = at;
    if (!first) {
      if (begin == end || *begin != ',') return at;
      ++begin;
    }
    while (begin != end && (*begin == ' ' || *begin == '\n' || *begin == '\r' || *begin == '\t'))
      ++begin;
    const char* const behind = read_row(begin, end);
    if (behind == nullptr) return at;
    first = false;
    at = behind;
    ++results_;
    patience_ = std::min(patience_ + 1, most_patience);
    merger_.add(bucket_.rows, texts_, row_, block_);
  }
}

const char* ReportHandler::read_text(const char* at, const char* end, std::uint32_t column) {
  if (is_null(at, end)) {
    texts_[column] = null;
    return at + 4;
  }
  if (*at != '"') return nullptr;
  ++at;
  PackedRows::Reference& last = plain_[column];
  if (last != 0) {
    const std::string_view text = bucket_.rows.string(last);
    if (static_cast<std::size_t>(end - at) > text.size() && at[text.size()] == '"' &&
        same_bytes(at, text.data(), text.size())) {
      texts_[column] = last;
      return at + text.size() + 1;
    }
  }
  const char* const close = closing_quote(at, end);
  if (close == nullptr) return nullptr;
  texts_[column] = last =
      merger_.intern(bucket_.rows, column, {at, static_cast<std::size_t>(close - at)});
  return close + 1;
}

const char* ReportHandler::read_amount(const char* at, const char* end) {
  if (*at != '"') return nullptr;
  const char* const close = closing_quote(++at, end);
  if (close == nullptr) return nullptr;
  const std::string_view text(at, static_cast<std::size_t>(close - at));
  if (!Decimal::parse(text)) return nullptr;
  block_.clear();
  row_.amount = keep(text);
  return close + 1;
}

const char* ReportHandler::read_row(const char* at, const char* end) {
  std::uint32_t present = pattern_.counts_present();
  const char* const literals = pattern_.literals();
  for (const RowPattern::Step& step : pattern_.steps()) {
    if (static_cast<std::size_t>(end - at) <= step.size ||
        !same_bytes(at, literals + step.offset, step.size))
      return nullptr;
    at += step.size;
    switch (step.target.kind) {
      case Target::text:
        at = read_text(at, end, step.target.index);
        break;
      case Target::count: {
        const PlainNumber number = plain_number(at, end);
        const std::uint32_t bit = 1u << step.target.index;
        if (number.end != nullptr && !unusual(number.value)) {
          row_.counts[step.target.index] = number.value;
          at = number.end;
        } else if ((required_ & bit) == 0 && is_null(at, end)) {
          row_.counts[step.target.index] = 0;
          present &= ~bit;
          at += 4;
        } else {
          return nullptr;
        }
        break;
      }
      case Target::amount:
        at = read_amount(at, end);
        break;
      case Target::group:
        at = behind_word(at, end, "null");
        break;
      default:
        at = behind_unknown(at, end);
        break;
    }
    if (at == nullptr) return nullptr;
  }
  const std::string_view tail = pattern_.tail();
  if (static_cast<std::size_t>(end - at) < tail.size() || !same_bytes(at, tail.data(), tail.size()))
    return nullptr;
  row_.counts_present = present;
  return at + tail.size();
}

}  // namespace anthropic_metrics::streams
