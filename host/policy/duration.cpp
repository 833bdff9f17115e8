// SPDX-License-Identifier: Apache-2.0
#include "policy/duration.hpp"

#include "base/time_text.hpp"

namespace anthropic_metrics::host {

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::chrono::hours longest{100 * 366 * 24};
  const bool whole = text.find_first_not_of("0123456789smh") == std::string_view::npos &&
                     text.find("ms") == std::string_view::npos && text != "0";
  const auto time = whole ? anthropic_metrics::parse_duration(text) : std::nullopt;
  if (!time || *time > longest) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*time);
}

}  // namespace anthropic_metrics::host
