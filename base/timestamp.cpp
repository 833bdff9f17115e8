// SPDX-License-Identifier: Apache-2.0
#include "base/timestamp.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"

namespace anthropic_metrics {

std::string timestamp(std::chrono::system_clock::time_point at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(at - second);
  std::string text = format_rfc3339(second);
  text.insert(text.size() - 1, fmt::format(".{:03}", rest.count()));
  return text;
}

}  // namespace anthropic_metrics
