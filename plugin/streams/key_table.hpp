// SPDX-License-Identifier: Apache-2.0
// What a key of a report names. Every row repeats all of its keys, so they are found by their
// length and two of their characters, and compared once.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace anthropic_metrics::streams {

/// What the next value of the report is.
struct Target {
  enum Kind : std::uint32_t {
    element,  ///< The document itself, or an element of data or results.
    none,     ///< A key that is not ours.
    data,
    results,
    has_more,
    next_page,
    starting_at,
    ending_at,
    text,
    count,
    group,
    amount
  };
  Kind kind = element;
  std::uint32_t index = 0;  ///< Of the column, or of the group's first column.
};

class KeyTable {
 public:
  /// The key's memory is borrowed. The first of two equal keys counts. At most 63 keys.
  void add(std::string_view key, Target target) {
    Slot* slot = &slots_[start(key)];
    for (; slot->target.kind != Target::none; slot = next(slot))
      if (slot->key == key) return;
    *slot = {key, target};
  }

  /// Target::none if it is not in the table.
  Target find(std::string_view key) const {
    const Slot* slot = &slots_[start(key)];
    for (; slot->target.kind != Target::none; slot = next(slot))
      if (slot->key == key) break;
    return slot->target;
  }

 private:
  struct Slot {
    std::string_view key;
    Target target{Target::none, 0};
  };
  static constexpr std::size_t size = 64;

  static std::size_t start(std::string_view key) {
    if (key.empty()) return 0;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
    return (key.size() + 7u * at(0) + 13u * at(key.size() / 2)) % size;
  }
  template <class S>
  S* next(S* slot) const {
    return slot == &slots_[size - 1] ? slot - (size - 1) : slot + 1;
  }

  std::array<Slot, size> slots_;
};

}  // namespace anthropic_metrics::streams
