// SPDX-License-Identifier: Apache-2.0
// Numbers as few bytes, and their reading from bytes that may be damaged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anthropic_metrics::ledger {

inline void put(std::string& out, std::uint64_t number) {
  if (number < 0x80) {
    out += static_cast<char>(number);
    return;
  }
  char bytes[10];
  std::size_t size = 0;
  for (; number >= 0x80; number >>= 7) bytes[size++] = static_cast<char>(number | 0x80);
  bytes[size++] = static_cast<char>(number);
  out.append(bytes, size);
}

/// Reads varints and bytes; ok() turns false at the first read beyond the end and stays so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace anthropic_metrics::ledger
