// SPDX-License-Identifier: Apache-2.0
// Numbers as few bytes, their writing, and their reading from bytes that may be damaged.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace anthropic_metrics::ledger {

/// Writes a varint, of ten bytes at most; says where the next byte goes.
inline char* put_varint(char* to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) *to++ = static_cast<char>(number | 0x80);
  *to++ = static_cast<char>(number);
  return to;
}

/// Writes varints and bytes one after another, without a look at the string's room for each.
class Writer {
 public:
  /// expected: bytes that it will be, about.
  explicit Writer(std::size_t expected) : out_(expected, '\0') {}

  /// Room for as many numbers, and bytes beside them, before they are written: from here on, and
  /// `spare` bytes more.
  char* make_room(std::size_t numbers, std::size_t bytes) {
    const std::size_t size = numbers * most_number + bytes + spare;
    if (out_.size() - at_ < size) out_.resize(2 * out_.size() + size);
    return out_.data() + at_;
  }
  /// Somebody wrote into that room up to there.
  void written_to(const char* end) { at_ = static_cast<std::size_t>(end - out_.data()); }

  void number(std::uint64_t number) { written_to(put_varint(out_.data() + at_, number)); }
  void bytes(std::string_view bytes) {
    std::memcpy(out_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  std::string_view written() const { return std::string_view(out_).substr(0, at_); }
  std::string take() {
    out_.resize(at_);
    return std::move(out_);
  }

  static constexpr std::size_t spare = 16;

 private:
  static constexpr std::size_t most_number = 10;
  std::string out_;
  std::size_t at_ = 0;
};

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
