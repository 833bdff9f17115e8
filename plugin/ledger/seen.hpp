// SPDX-License-Identifier: Apache-2.0
// What somebody remembers of a state: which one, and the newest batch that was handed out of it.
#pragma once

#include <cstdint>
#include <string>

namespace anthropic_metrics::ledger {

struct Seen {
  std::string state;  ///< 32 hexadecimal digits.
  std::uint64_t batch = 0;
  bool operator==(const Seen&) const = default;
};

}  // namespace anthropic_metrics::ledger
