// SPDX-License-Identifier: Apache-2.0
#include "policy/duration.hpp"

#include <cstdint>

namespace anthropic_metrics::host {

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::int64_t longest = std::int64_t{100} * 366 * 86'400;
  std::int64_t sum = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
      number = number * 10 + (text[digits] - '0');
      if (number > longest) return std::nullopt;
    }
    if (digits == 0 || digits == text.size()) return std::nullopt;
    const char unit = text[digits];
    if (unit != 's' && unit != 'm' && unit != 'h') return std::nullopt;
    const std::int64_t seconds = unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
    if (number > (longest - sum) / seconds) return std::nullopt;
    sum += number * seconds;
    text.remove_prefix(digits + 1);
  }
  return std::chrono::seconds(sum);
}

}  // namespace anthropic_metrics::host
