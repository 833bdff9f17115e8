// SPDX-License-Identifier: Apache-2.0
// The exception barrier and the one place where an Error becomes an ABI status.
#pragma once

#include <cxxabi.h>

#include <exception>
#include <new>
#include <utility>

#include "base/error.hpp"
#include "base/weather.hpp"
#include "beat_plugin.h"

namespace anthropic_metrics {

beat_status status_of(const Error& error) noexcept;

/// Calls f, which returns a beat_status; no exception leaves. on_escape(text) hears of a bug, and
/// of what the operating system refused, which is no bug and BEAT_E_GENERIC. glibc's forced unwind
/// of a cancelled thread is not an exception and must go on.
template <class F, class OnEscape>
beat_status guarded(F&& f, OnEscape&& on_escape) {
  try {
    return std::forward<F>(f)();
  } catch (const std::bad_alloc&) {
    return BEAT_E_NOMEM;
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::exception& e) {
    const bool weather = weather_of(std::current_exception()).has_value();
    try {
      on_escape(e.what());
    } catch (...) {
    }
    return weather ? BEAT_E_GENERIC : BEAT_E_INTERNAL;
  } catch (...) {
    return BEAT_E_INTERNAL;
  }
}

template <class F>
beat_status guarded(F&& f) {
  return guarded(std::forward<F>(f), [](const char*) {});
}

}  // namespace anthropic_metrics
