// SPDX-License-Identifier: Apache-2.0
// The encoding of protobuf messages, field by field: what the Elastic Agent's protocol is written
// in. Pure. What a message means is elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host::control {

enum class Kind { number = 0, eight_bytes = 1, bytes = 2, four_bytes = 5 };

struct Field {
  std::uint32_t id = 0;
  Kind kind = Kind::number;
  std::uint64_t number = 0;  // of every kind but bytes
  std::string_view bytes{};  // into the message that is read

  bool is_number(std::uint32_t wanted) const { return id == wanted && kind == Kind::number; }
  bool is_bytes(std::uint32_t wanted) const { return id == wanted && kind == Kind::bytes; }
};

// Goes through one message. Nothing is read beyond its end, whatever its lengths say; groups, an
// old form that this protocol does not use, are passed over.
class Reader {
 public:
  explicit Reader(std::string_view message) : left_(message) {}

  // The next field; nothing at the end, and where the message is damaged.
  std::optional<Field> next();
  bool is_damaged() const { return damaged_; }

 private:
  bool read_varint(std::uint64_t& value);
  bool read_fixed(std::size_t size, std::uint64_t& value);
  bool read_value(Field& field);
  bool skip_group(std::uint32_t id);
  std::optional<Field> fail();

  std::string_view left_;
  bool damaged_ = false;
};

// Calls on_field(field) for every field; false if the message is damaged, or on_field returns
// false.
template <class OnField>
bool for_each_field(std::string_view message, OnField&& on_field) {
  Reader reader(message);
  while (const auto field = reader.next())
    if (!on_field(*field)) return false;
  return !reader.is_damaged();
}

// Adds fields to a message. Zeros and empty texts are what a reader takes a field for that is not
// there, so they are left out, but by put_*, which write them.
class Writer {
 public:
  void number(std::uint32_t id, std::uint64_t value) {
    if (value != 0) put_number(id, value);
  }
  void text(std::uint32_t id, std::string_view value) {
    if (!value.empty()) put_text(id, value);
  }
  void put_number(std::uint32_t id, std::uint64_t value);
  void put_double(std::uint32_t id, double value);
  // Also a message within this one.
  void put_text(std::uint32_t id, std::string_view value);

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  void varint(std::uint64_t value);

  std::string bytes_;
};

}  // namespace anthropic_metrics::host::control
