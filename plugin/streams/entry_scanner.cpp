// SPDX-License-Identifier: Apache-2.0
#include "streams/entry_scanner.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace anthropic_metrics::streams {
namespace {

constexpr std::string_view blanks = " \t\r\n";

}  // namespace

Result<void> EntryScanner::feed(std::string_view piece) {
  while (!piece.empty()) {
    const bool inside = at_ == At::in_name || at_ == At::in_value;
    if (!inside) {
      const std::size_t skip = std::min(piece.find_first_not_of(blanks), piece.size());
      piece.remove_prefix(skip);
      bytes_ += skip;
      if (piece.empty()) break;
    }
    const std::size_t before = piece.size();
    if (auto fine = step(piece); !fine) return fine;
    bytes_ += before - piece.size();
  }
  return success();
}

Result<void> EntryScanner::step(std::string_view& piece) {
  if (at_ == At::in_value) {
    const std::size_t end = end_of_value(piece);
    const std::string_view part = piece.substr(0, end);
    const std::size_t most = in_data_ ? most_entry_bytes : most_member_bytes;
    if (value_.size() < most) value_ += part.substr(0, most - value_.size());
    size_ += part.size();
    piece.remove_prefix(part.size());
    return end == JsonEnd::npos ? success() : end_value();
  }
  const char c = piece.front();
  switch (at_) {
    case At::in_name:
      if (!escaped_ && c == '"') at_ = At::colon;
      if (at_ == At::in_name && name_.size() < most_member_bytes) name_ += c;
      escaped_ = !escaped_ && c == '\\';
      break;
    case At::start:
      if (c != '{') return unexpected(c, "an object");
      at_ = At::first_name;
      break;
    case At::first_name:
    case At::name:
      if (c == '}' && at_ == At::first_name) {
        at_ = At::end;
        break;
      }
      if (c != '"') return unexpected(c, "the name of a member");
      name_.clear();
      escaped_ = false;
      at_ = At::in_name;
      break;
    case At::colon:
      if (c != ':') return unexpected(c, "a colon");
      at_ = At::value;
      break;
    case At::value:
      if (name_ == "data" || name_ == list_) {
        if (saw_data_) return Error{Errc::protocol, "$.data occurs twice in its object"};
        if (c != '[') return unexpected(c, "an array");
        saw_data_ = in_data_ = true;
        at_ = At::first_element;
        break;
      }
      return begin_value(c);
    case At::first_element:
    case At::element:
      if (c == ']' && at_ == At::first_element) {
        in_data_ = false;
        at_ = At::behind_member;
        break;
      }
      ++entries_;
      return begin_value(c);
    case At::behind_element:
      if (c != ',' && c != ']') return unexpected(c, "a comma or the end of the array");
      at_ = c == ',' ? At::element : At::behind_member;
      if (c == ']') in_data_ = false;
      break;
    case At::behind_member:
      if (c != ',' && c != '}') return unexpected(c, "a comma or the end of the answer");
      at_ = c == ',' ? At::name : At::end;
      break;
    default:
      return Error{Errc::protocol,
                   fmt::format("$ is followed by something at byte {}; expected the end of the "
                               "answer",
                               bytes_)};
  }
  piece.remove_prefix(1);
  return success();
}

/// Its first byte is looked at again, as a part of it.
Result<void> EntryScanner::begin_value(char first) {
  if (std::string_view(",:]}").find(first) != std::string_view::npos)
    return unexpected(first, "a value");
  kind_ = first;
  nested_ = {};
  escaped_ = false;
  value_.clear();
  size_ = 0;
  at_ = At::in_value;
  return success();
}

std::size_t EntryScanner::end_of_value(std::string_view piece) {
  if (kind_ == '{' || kind_ == '[') return nested_.find(piece);
  if (kind_ != '"') return piece.find_first_of(" \t\r\n,]}");  // npos is JsonEnd::npos.
  for (std::size_t i = 0; i < piece.size(); ++i) {
    const bool quote = piece[i] == '"' && !escaped_ && size_ + i > 0;
    escaped_ = !escaped_ && piece[i] == '\\';
    if (quote) return i + 1;
  }
  return JsonEnd::npos;
}

Result<void> EntryScanner::end_value() {
  at_ = in_data_ ? At::behind_element : At::behind_member;
  if (in_data_) return listener_.on_entry(value_, size_ <= most_entry_bytes);
  return size_ <= most_member_bytes ? listener_.on_member(name_, value_) : success();
}

Result<void> EntryScanner::finish() const {
  if (at_ != At::end)
    return Error{Errc::protocol,
                 fmt::format("{} is cut off: the answer ends after {} bytes of unfinished JSON",
                             path(), bytes_)};
  if (!saw_data_) return Error{Errc::protocol, "$ has no data: the answer is not a report"};
  return success();
}

Result<void> EntryScanner::unexpected(char found, std::string_view expected) const {
  const bool shown = found > ' ' && found < 0x7f;
  return Error{Errc::protocol,
               fmt::format("{} is not valid JSON near byte {}: expected {}, found {}", path(),
                           bytes_, expected, shown ? fmt::format("'{}'", found) : "another byte")};
}

std::string EntryScanner::path() const {
  if (in_data_) return fmt::format("$.data[{}]", entries_ > 0 ? entries_ - 1 : 0);
  const bool member = at_ == At::colon || at_ == At::value || at_ == At::in_value;
  return member && name_ == "data" ? "$.data" : "$";
}

}  // namespace anthropic_metrics::streams
