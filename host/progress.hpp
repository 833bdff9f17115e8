// SPDX-License-Identifier: Apache-2.0
// How far a long work is, as one line for a terminal: bar, share, rate and time left. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace anthropic_metrics::host {

struct Progress {
  double share = 0;   // of the whole, 0 to 1
  double before = 0;  // what of it was there when the work began
  std::chrono::milliseconds elapsed{0};
  std::uint64_t documents = 0;  // made since then; 0: not told
  std::string where{};          // "back to 2026-03-01"; may be empty
};

// "[=====>    ] 42 %, 1,234 documents/s, 3 min left, back to 2026-03-01", at most so many columns.
std::string progress_line(const Progress& progress, std::size_t columns);

// Like so far: how long the rest takes; "1 h 05 min", "3 min", "20 s". Empty while that cannot be
// said.
std::string time_left(const Progress& progress);

}  // namespace anthropic_metrics::host
