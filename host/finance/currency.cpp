// SPDX-License-Identifier: Apache-2.0
#include "finance/currency.hpp"

#include <algorithm>
#include <array>

namespace anthropic_metrics::host {
namespace {

// ISO 4217, minor units that are not 2.
constexpr std::array<std::string_view, 17> without{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                                   "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                                   "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 7> three{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::array<std::string_view, 2> four{"CLF", "UYW"};

template <class List>
bool has(const List& list, std::string_view currency) {
  return std::find(list.begin(), list.end(), currency) != list.end();
}

}  // namespace

int minor_digits(std::string_view currency) {
  return has(without, currency) ? 0 : has(three, currency) ? 3 : has(four, currency) ? 4 : 2;
}

Decimal units_of(const Decimal& minor, std::string_view currency) {
  return minor.shifted(-minor_digits(currency));
}

std::string to_the_cent(const Decimal& units, std::string_view currency) {
  const auto digits = static_cast<std::size_t>(minor_digits(currency));
  std::string text = units.rounded(static_cast<unsigned>(digits)).text();
  if (digits == 0) return text;
  const std::size_t point = text.find('.');
  const std::size_t there = point == std::string::npos ? 0 : text.size() - point - 1;
  if (point == std::string::npos) text += '.';
  return text.append(digits - there, '0');
}

}  // namespace anthropic_metrics::host
