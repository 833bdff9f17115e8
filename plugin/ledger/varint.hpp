// SPDX-License-Identifier: Apache-2.0
// Numbers as few bytes, their writing, and their reading from bytes that may be damaged.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace anthropic_metrics::ledger {

/// Writes varints and bytes one after another, without a look at the string's room for each.
class Writer {
 public:
  /// expected: bytes that it will be, about.
  explicit Writer(std::size_t expected) : out_(expected, '\0') {}

  /// Room for as many numbers, and bytes beside them, before they are written.
  void make_room(std::size_t numbers, std::size_t bytes) {
    const std::size_t size = numbers * most_number + bytes + few;
    if (out_.size() - at_ < size) out_.resize(2 * out_.size() + size);
  }
  void number(std::uint64_t number) {
    char* to = out_.data() + at_;
    for (; number >= 0x80; number >>= 7) *to++ = static_cast<char>(number | 0x80);
    *to++ = static_cast<char>(number);
    at_ = static_cast<std::size_t>(to - out_.data());
  }
  void bytes(std::string_view bytes) {
    std::memcpy(out_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  /// The same of bytes in a longer text: a few are copied with what lies behind them, in one move.
  void bytes(std::string_view bytes, const char* end_of_text) {
    if (bytes.size() > few || static_cast<std::size_t>(end_of_text - bytes.data()) < few)
      return this->bytes(bytes);
    std::memcpy(out_.data() + at_, bytes.data(), few);
    at_ += bytes.size();
  }
  std::string_view written() const { return std::string_view(out_).substr(0, at_); }
  std::string take() {
    out_.resize(at_);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t most_number = 10, few = 16;
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
