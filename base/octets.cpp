// SPDX-License-Identifier: Apache-2.0
#include "base/octets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/printable.hpp"

namespace anthropic_metrics {
namespace {

unsigned char octet(char c) noexcept {
  return static_cast<unsigned char>(c);
}
bool is_visible(char c) noexcept {
  return octet(c) > 0x20 && octet(c) < 0x7f;
}
bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_alpha(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (is_blank(text.front()) || is_blank(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_visible(c) || is_blank(c); });
}

bool is_request_target(std::string_view text) noexcept {
  if (text.empty() || text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_visible(text[i]) || text[i] == '#') return false;
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
  }
  return true;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string excerpt(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t step = std::max<std::size_t>(character.length, 1);
    if (used + step > limit) {
      out += "...";
      break;
    }
    const std::string_view piece = text.substr(0, step);
    const bool white = piece == "\n" || piece == "\r" || piece == "\t" || piece == " ";
    if (white) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (character.length == 0 || is_unseen(character.code)) {
      for (char c : piece) fmt::format_to(std::back_inserter(out), "\\x{:02x}", octet(c));
    } else {
      out += piece;
    }
    used += step;
    text.remove_prefix(step);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string as_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = first_character(text).length;
    if (length == 0)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", octet(text[0]));
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  out.reserve(3 * text.size());  // at most; a reallocation would leave a copy of a secret
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += '%';
      out += hex[octet >> 4];
      out += hex[octet & 15];
    }
  }
  return out;
}

}  // namespace anthropic_metrics
