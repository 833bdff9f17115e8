// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.hpp"

namespace anthropic_metrics {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
}

/// Takes a whole value off the front.
std::string_view take_value(std::string_view& text) {
  std::size_t size = 0;
  if (!text.empty() && (text.front() == '{' || text.front() == '[')) {
    size = JsonEnd().find(text);
  } else if (!text.empty() && text.front() == '"') {
    for (size = 1; size < text.size() && text[size] != '"'; ++size)
      if (text[size] == '\\') ++size;
    ++size;
  } else {
    while (size < text.size() && !blank(text[size]) && text[size] != ',' && text[size] != '}' &&
           text[size] != ']')
      ++size;
  }
  const std::string_view value = text.substr(0, size);
  text.remove_prefix(value.size());
  return value;
}

/// Goes behind one character, with the blanks around it.
bool take(std::string_view& text, char expected) {
  skip_blanks(text);
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  skip_blanks(text);
  return true;
}

}  // namespace

std::size_t JsonEnd::find(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        quoted_ = false;
    } else if (c == '"') {
      quoted_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return at + 1;
    }
  }
  return npos;
}

std::vector<std::string_view> json_elements(std::string_view array) {
  std::vector<std::string_view> found;
  if (!take(array, '[') || array.starts_with(']')) return found;
  do {
    const std::string_view value = take_value(array);
    if (value.empty()) return found;
    found.push_back(value);
  } while (take(array, ','));
  return found;
}

std::string_view json_member(std::string_view object, std::string_view name) {
  std::string_view found;
  if (!take(object, '{') || object.starts_with('}')) return found;
  do {
    std::string_view key = take_value(object);
    if (key.size() < 2 || !take(object, ':')) return found;
    key = key.substr(1, key.size() - 2);
    const std::string_view value = take_value(object);
    if (key == name) found = value;
  } while (take(object, ','));
  return found;
}

std::string_view cut_text(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string_view WithoutMark::rest_of(std::string_view piece) {
  static constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (seen_ >= mark.size()) return piece;
  const std::size_t before = seen_;
  std::size_t at = 0;
  while (seen_ < mark.size() && at < piece.size() && piece[at] == mark[seen_]) {
    ++at;
    ++seen_;
  }
  if (seen_ == mark.size() || at == piece.size()) return piece.substr(at);
  seen_ = mark.size();
  if (before == 0) return piece;
  held_ = mark.substr(0, before);
  held_ += piece;
  return held_;
}

}  // namespace anthropic_metrics
