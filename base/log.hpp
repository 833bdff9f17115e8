// SPDX-License-Identifier: Apache-2.0
// How a part tells something that is no error of what it was asked. Whoever made it decides where
// that goes; the text is already scrubbed and fits one line.
#pragma once

#include <functional>
#include <string_view>

namespace anthropic_metrics {

/// Numbered as in the C interface: a higher one says more.
enum class LogLevel { error = 1, warn, info, debug, trace };

using Log = std::function<void(LogLevel, std::string_view)>;

}  // namespace anthropic_metrics
