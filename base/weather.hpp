// SPDX-License-Identifier: Apache-2.0
// Exceptions that are weather, not bugs: memory, descriptors or space that the operating system
// refuses for a moment.
#pragma once

#include <exception>
#include <optional>

#include "base/error.hpp"

namespace anthropic_metrics {

/// Such an exception as an error worth another try; nothing for one that is a bug. Throws nothing.
std::optional<Error> weather_of(const std::exception_ptr& escaped) noexcept;

}  // namespace anthropic_metrics
