// SPDX-License-Identifier: Apache-2.0
#include "net/message.hpp"

#include <algorithm>

namespace anthropic_metrics::net {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view ResponseHead::find(std::string_view name) const noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return same_header_name(header.name, name);
  });
  return found == headers.end() ? std::string_view{} : std::string_view(found->value);
}

}  // namespace anthropic_metrics::net
