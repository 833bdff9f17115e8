// SPDX-License-Identifier: Apache-2.0
// Times as the state keeps them: whole seconds since 1970.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace anthropic_metrics::ledger {

inline std::int64_t seconds(Instant instant) {
  return instant.time_since_epoch().count();
}
inline Instant instant(std::int64_t seconds) {
  return Instant(std::chrono::seconds(seconds));
}

}  // namespace anthropic_metrics::ledger
