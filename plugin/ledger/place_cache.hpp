// SPDX-License-Identifier: Apache-2.0
// What was found for the places of a block of text lately. Rows repeat their strings, and a string
// that stands once in its block has one place: so nobody needs to look at the string again.
#pragma once

#include <array>
#include <cstdint>

#include "streams/row.hpp"

namespace anthropic_metrics::ledger {

/// A place that is not here may have been: it made room for another one.
template <class Value>
class PlaceCache {
 public:
  /// Null if it is not known. Of places that are present only.
  const Value* find(const streams::Text& place) const {
    const Entry& entry = entries_[slot_of(place)];
    const bool here = entry.place.state == streams::Text::State::present &&
                      entry.place.offset == place.offset && entry.place.size == place.size;
    return here ? &entry.value : nullptr;
  }
  void put(const streams::Text& place, const Value& value) {
    entries_[slot_of(place)] = {place, value};
  }

 private:
  struct Entry {
    streams::Text place;
    Value value{};
  };
  static constexpr int bits = 7;
  static std::size_t slot_of(const streams::Text& place) {
    return place.offset * std::uint32_t{0x9e37'79b1} >> (32 - bits);
  }
  std::array<Entry, 1 << bits> entries_;
};

}  // namespace anthropic_metrics::ledger
