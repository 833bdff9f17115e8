// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include <cstdint>
#include <cstring>

namespace anthropic_metrics {
namespace {

bool special(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

/// True if one of eight bytes is special. Each test sets the highest bit of a byte that fits, and
/// perhaps of bytes above it, never of none.
bool any_special(const char* text) {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
  const auto zero = [](std::uint64_t bytes) { return (bytes - each) & ~bytes; };
  std::uint64_t bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  const std::uint64_t control = (bytes - 0x20 * each) & ~bytes;
  return ((control | zero(bytes ^ '"' * each) | zero(bytes ^ '\\' * each)) & high) != 0;
}

/// How many bytes stand as they are before the first that must be escaped.
std::size_t plain_size(std::string_view text) {
  std::size_t at = 0;
  while (at + 8 <= text.size() && !any_special(text.data() + at)) at += 8;
  while (at < text.size() && !special(text[at])) ++at;
  return at;
}

}  // namespace

char* put_json_string(char* out, std::string_view value) {
  static constexpr char hex[] = "0123456789abcdef";
  *out++ = '"';
  for (;;) {
    const std::size_t plain = plain_size(value);
    std::memcpy(out, value.data(), plain);
    out += plain;
    if (plain == value.size()) break;
    const char c = value[plain];
    *out++ = '\\';
    if (c == '"' || c == '\\') {
      *out++ = c;
    } else {
      std::memcpy(out, "u00", 3);
      out[3] = hex[static_cast<unsigned char>(c) >> 4];
      out[4] = hex[static_cast<unsigned char>(c) & 15];
      out += 5;
    }
    value.remove_prefix(plain + 1);
  }
  *out++ = '"';
  return out;
}

void append_json_string(std::string& out, std::string_view value) {
  const std::size_t begin = out.size();
  out.resize(begin + most_escaped_size * value.size() + 2);
  const char* const end = put_json_string(out.data() + begin, value);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace anthropic_metrics
