// SPDX-License-Identifier: Apache-2.0
#include "control/wire.hpp"

#include <cstring>

namespace anthropic_metrics::host::control {
namespace {

constexpr unsigned group_begins = 3, group_ends = 4;
constexpr std::uint64_t highest_id = (std::uint64_t{1} << 29) - 1;

}  // namespace

std::optional<Field> Reader::fail() {
  damaged_ = true;
  left_ = {};
  return std::nullopt;
}

bool Reader::read_varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
    const auto octet = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
    if (octet < 0x80) return true;
  }
  return false;
}

bool Reader::read_fixed(std::size_t size, std::uint64_t& value) {
  if (left_.size() < size) return false;
  value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(left_[i]);
  left_.remove_prefix(size);
  return true;
}

bool Reader::read_value(Field& field) {
  switch (field.kind) {
    case Kind::number:
      return read_varint(field.number);
    case Kind::eight_bytes:
      return read_fixed(8, field.number);
    case Kind::four_bytes:
      return read_fixed(4, field.number);
    case Kind::bytes: {
      std::uint64_t size = 0;
      if (!read_varint(size) || size > left_.size()) return false;
      field.bytes = left_.substr(0, static_cast<std::size_t>(size));
      left_.remove_prefix(field.bytes.size());
      return true;
    }
  }
  return false;
}

// To the end of the group that began with this id. Groups within it are counted, their ids are not
// compared: nothing of them is used.
bool Reader::skip_group(std::uint32_t id) {
  for (std::size_t depth = 1; depth > 0;) {
    std::uint64_t tag = 0;
    if (!read_varint(tag)) return false;
    const auto kind = static_cast<unsigned>(tag & 7);
    Field ignored{static_cast<std::uint32_t>(tag >> 3), static_cast<Kind>(kind)};
    if (kind == group_begins) {
      ++depth;
    } else if (kind == group_ends) {
      if (--depth == 0 && ignored.id != id) return false;
    } else if (!read_value(ignored)) {
      return false;
    }
  }
  return true;
}

std::optional<Field> Reader::next() {
  while (!left_.empty()) {
    std::uint64_t tag = 0;
    if (!read_varint(tag)) return fail();
    const std::uint64_t id = tag >> 3;
    if (id == 0 || id > highest_id) return fail();
    const auto kind = static_cast<unsigned>(tag & 7);
    Field field{static_cast<std::uint32_t>(id), static_cast<Kind>(kind)};
    if (kind == group_begins) {
      if (!skip_group(field.id)) return fail();
      continue;
    }
    if (!read_value(field)) return fail();
    return field;
  }
  return std::nullopt;
}

void Writer::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void Writer::put_number(std::uint32_t id, std::uint64_t value) {
  varint(std::uint64_t{id} << 3 | static_cast<unsigned>(Kind::number));
  varint(value);
}

void Writer::put_double(std::uint32_t id, double value) {
  varint(std::uint64_t{id} << 3 | static_cast<unsigned>(Kind::eight_bytes));
  std::uint64_t bits = 0;
  static_assert(sizeof(bits) == sizeof(value));
  std::memcpy(&bits, &value, sizeof(bits));
  for (int i = 0; i < 8; ++i, bits >>= 8) bytes_ += static_cast<char>(bits & 0xff);
}

void Writer::put_text(std::uint32_t id, std::string_view value) {
  varint(std::uint64_t{id} << 3 | static_cast<unsigned>(Kind::bytes));
  varint(value.size());
  bytes_ += value;
}

}  // namespace anthropic_metrics::host::control
