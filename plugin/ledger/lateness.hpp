// SPDX-License-Identifier: Apache-2.0
// A histogram of how long after closing buckets still changed: the evidence by which `settle` and
// the look-back tiers are judged. Kept in the ledger.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"

namespace anthropic_metrics {

struct Lateness {
  static constexpr std::size_t slots = 10;

  /// Corrected rows whose bucket had closed at most that long before; the last slot has no bound.
  std::array<std::int64_t, slots> counts{};

  static const char* label(std::size_t slot) noexcept;  ///< "<=1h"; the last: ">35d".
  static std::size_t slot_of(std::chrono::seconds after_closing) noexcept;

  void add(std::chrono::seconds after_closing, std::int64_t rows) noexcept {
    counts[slot_of(after_closing)] += rows;
  }
};

}  // namespace anthropic_metrics
