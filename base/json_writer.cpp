// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include <cstring>

#include "base/byte_scan.hpp"

namespace anthropic_metrics {

char* put_json_string(char* out, std::string_view value) {
  static constexpr char hex[] = "0123456789abcdef";
  *out++ = '"';
  for (;;) {
    const std::size_t plain = copy_plain(out, value);
    out += plain;
    if (plain == value.size()) break;
    const char c = value[plain];
    *out++ = '\\';
    if (c == '"' || c == '\\') {
      *out++ = c;
    } else {
      std::memcpy(out, "u00", 3);
      out[3] = hex[static_cast<unsigned char>(c) >> 4];
      out[4] = hex[static_cast<unsigned char>(c) & 15];
      out += 5;
    }
    value.remove_prefix(plain + 1);
  }
  *out++ = '"';
  return out;
}

void append_json_string(std::string& out, std::string_view value) {
  const std::size_t begin = out.size();
  out.resize(begin + most_escaped_size * value.size() + 2);
  const char* const end = put_json_string(out.data() + begin, value);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace anthropic_metrics
