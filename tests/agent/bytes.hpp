// SPDX-License-Identifier: Apache-2.0
// Messages written by hand, octet by octet, for tests of what reads and writes them.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

namespace anthropic_metrics::host::test {

// "0a 03 'one' 10 01": hexadecimal octets, and text in single quotes.
inline std::string bytes(std::string_view form) {
  std::string out;
  const auto digit = [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0 ? c - '0' : c - 'a' + 10;
  };
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '\'') {
      const std::size_t end = form.find('\'', i + 1);
      out += form.substr(i + 1, end - i - 1);
      i = end;
    } else if (form[i] != ' ') {
      out += static_cast<char>(digit(form[i]) * 16 + digit(form[i + 1]));
      ++i;
    }
  }
  return out;
}

}  // namespace anthropic_metrics::host::test
