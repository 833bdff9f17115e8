// SPDX-License-Identifier: Apache-2.0
#include "decimal.hpp"

#include <algorithm>
#include <charconv>

namespace anthropic_metrics::simulator {

std::string format_amount(Amount amount) {
  const bool negative = amount.units < 0;
  __extension__ unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(amount.units)
                                                  : static_cast<unsigned __int128>(amount.units);
  std::string digits;  // least significant first
  while (rest != 0 || digits.size() <= Amount::fraction_digits) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  std::reverse(digits.begin(), digits.end());
  digits.insert(digits.size() - Amount::fraction_digits, 1, '.');
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return negative ? "-" + digits : digits;
}

std::optional<Amount> parse_amount(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  // Digits first, then where the point belongs.
  std::string digits;
  int exponent = 0;
  bool point = false;
  std::size_t used = 0;
  for (; used < text.size(); ++used) {
    const char c = text[used];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits.push_back(c);
      exponent -= point ? 1 : 0;
    } else {
      break;
    }
  }
  if (digits.empty()) return std::nullopt;
  text.remove_prefix(used);
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(text.starts_with("e+") || text.starts_with("E+") ? 2 : 1);
    int shift = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), shift);
    if (error != std::errc{} || end != text.data() + text.size() || std::abs(shift) > 100)
      return std::nullopt;
    exponent += shift;
  }
  // Scale to units of 10^-18.
  exponent += Amount::fraction_digits;
  for (; exponent < 0; ++exponent) {
    if (digits.empty()) break;
    if (digits.back() != '0') return std::nullopt;
    digits.pop_back();
  }
  if (exponent > 0) digits.append(static_cast<std::size_t>(exponent), '0');
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > 38) return std::nullopt;
  Amount amount;
  for (const char c : digits) amount.units = amount.units * 10 + (c - '0');
  if (negative) amount.units = -amount.units;
  return amount;
}

}  // namespace anthropic_metrics::simulator
