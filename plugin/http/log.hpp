// SPDX-License-Identifier: Apache-2.0
// How http/ tells something that is not an error of the current request. The runtime decides where
// it goes; text is already scrubbed and fits one line.
#pragma once

#include <functional>
#include <string_view>

namespace anthropic_metrics::http {

enum class LogLevel { debug, info, warning, error };

using Log = std::function<void(LogLevel, std::string_view)>;

}  // namespace anthropic_metrics::http
