// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <cerrno>

namespace anthropic_metrics {

const char* name(Errc code) noexcept {
  switch (code) {
    case Errc::transient:
      return "transient";
    case Errc::throttled:
      return "throttled";
    case Errc::unauthorized:
      return "unauthorized";
    case Errc::forbidden:
      return "forbidden";
    case Errc::not_offered:
      return "not_offered";
    case Errc::configuration:
      return "configuration";
    case Errc::nothing_yet:
      return "nothing_yet";
    case Errc::protocol:
      return "protocol";
    case Errc::too_much:
      return "too_much";
    case Errc::cancelled:
      return "cancelled";
    case Errc::state:
      return "state";
    case Errc::busy:
      return "busy";
    case Errc::argument:
      return "argument";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

Errc code_of(int reason, Errc otherwise) noexcept {
  const bool passes = reason == EMFILE || reason == ENFILE || reason == ENOMEM ||
                      reason == EAGAIN || reason == ENOBUFS;
  return passes ? Errc::transient : otherwise;
}

}  // namespace anthropic_metrics
