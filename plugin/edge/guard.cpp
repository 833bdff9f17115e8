// SPDX-License-Identifier: Apache-2.0
#include "edge/guard.hpp"

namespace anthropic_metrics {

beat_status status_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::configuration:
      return BEAT_E_CONFIG;
    case Errc::cancelled:
      return BEAT_E_CANCELLED;
    case Errc::state:
      return BEAT_E_STATE;
    case Errc::busy:
      return BEAT_E_BUSY;
    case Errc::argument:
      return BEAT_E_ARG;
    case Errc::nothing_yet:
      return BEAT_IDLE;
    case Errc::internal:
      return BEAT_E_INTERNAL;
    case Errc::transient:
    case Errc::throttled:
    case Errc::unauthorized:
    case Errc::forbidden:
    case Errc::not_offered:
    case Errc::protocol:
    case Errc::too_much:
      return BEAT_E_GENERIC;
  }
  return BEAT_E_GENERIC;
}

}  // namespace anthropic_metrics
