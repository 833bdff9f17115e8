// SPDX-License-Identifier: Apache-2.0
#include "proof/whole.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/decimal.hpp"

namespace anthropic_metrics::host {

std::optional<Whole> parse_whole(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end) return number;
  const auto decimal = Decimal::parse(text);
  const auto whole = decimal ? decimal->whole() : std::nullopt;
  if (!whole) return std::nullopt;
  return *whole;
}

std::string text_of(Whole number) {
  const bool negative = number < 0;
  std::string digits;
  do {
    const auto digit = static_cast<int>(number % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    number /= 10;
  } while (number != 0);
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace anthropic_metrics::host
