// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <algorithm>

namespace anthropic_metrics {

std::string base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((text.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
    }
    const std::size_t letters = std::min<std::size_t>(3, text.size() - i) + 1;
    for (std::size_t k = 0; k < 4; ++k) {
      out += k < letters ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

}  // namespace anthropic_metrics
