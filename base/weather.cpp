// SPDX-License-Identifier: Apache-2.0
#include "base/weather.hpp"

#include <fmt/format.h>

#include <boost/system/system_error.hpp>
#include <new>
#include <system_error>

namespace anthropic_metrics {
namespace {

/// Short enough to need no memory.
Error without_words(const char* what) {
  return {Errc::transient, what};
}

Error refusal(const char* what) noexcept {
  try {
    return {
        Errc::transient,
        fmt::format("the operating system refused: {}; it is tried again, nothing is lost", what)};
  } catch (...) {
    return without_words("system refusal");
  }
}

}  // namespace

std::optional<Error> weather_of(const std::exception_ptr& escaped) noexcept {
  if (!escaped) return std::nullopt;
  try {
    std::rethrow_exception(escaped);
  } catch (const std::bad_alloc&) {
    return without_words("out of memory");
  } catch (const std::system_error& error) {
    return refusal(error.what());
  } catch (const boost::system::system_error& error) {
    return refusal(error.what());
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace anthropic_metrics
