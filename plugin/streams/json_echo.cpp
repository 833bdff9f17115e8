// SPDX-License-Identifier: Apache-2.0
#include "streams/json_echo.hpp"

#include <algorithm>

namespace anthropic_metrics::streams {

void append_json_string(std::string& out, std::string_view value) {
  static constexpr char hex[] = "0123456789abcdef";
  const auto special = [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  };
  out += '"';
  while (!value.empty()) {
    const auto stop = std::find_if(value.begin(), value.end(), special);
    const auto plain = static_cast<std::size_t>(stop - value.begin());
    out.append(value.substr(0, plain));
    if (stop == value.end()) break;
    const char c = *stop;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    }
    value.remove_prefix(plain + 1);
  }
  out += '"';
}

}  // namespace anthropic_metrics::streams
