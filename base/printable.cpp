// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace anthropic_metrics {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Unicode's controls (Cc), formats (Cf), separators of lines and paragraphs (Zl, Zp), what is drawn
// as nothing (fillers, variation selectors, tags), and noncharacters.
constexpr std::array<Range, 31> unseen{{
    {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},        {0x34f, 0x34f},
    {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},      {0x70f, 0x70f},
    {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},    {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},    {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},    {0x110bd, 0x110bd},
    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},  {0x1d173, 0x1d17a},
    {0x1fffe, 0x1ffff}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
}};

std::string escaped(std::string_view text, bool keep_newlines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t length = std::max<std::size_t>(character.length, 1);
    if (character.length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (!is_unseen(character.code) || (keep_newlines && character.code == '\n')) {
      out += text.substr(0, length);
    } else if (character.code == '\n') {
      out += "\\n";
    } else if (character.code == '\t') {
      out += "\\t";
    } else if (character.code < 0xa0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", character.code);
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", character.code);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

bool is_unseen(std::uint32_t code) noexcept {
  const auto* after = std::upper_bound(unseen.begin(), unseen.end(), code,
                                       [](std::uint32_t c, const Range& r) { return c < r.first; });
  return after != unseen.begin() && code <= std::prev(after)->last;
}

Character first_character(std::string_view text) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0U) != 0x80U) return {};
    code = (code << 6) | (octet(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least.at(length) || code > 0x10ffff || surrogate) return {};
  return {code, length};
}

std::string printable(std::string_view text) {
  return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, true);
}

}  // namespace anthropic_metrics
