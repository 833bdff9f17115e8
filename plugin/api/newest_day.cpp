// SPDX-License-Identifier: Apache-2.0
#include "api/newest_day.hpp"

#include <algorithm>

#include "base/time_text.hpp"

namespace anthropic_metrics::api {
namespace {

constexpr std::size_t day_size = 10;
constexpr std::chrono::days farthest{14};

}  // namespace

std::string day_asked_for(std::string_view target) {
  for (std::size_t at = target.find('?'); at != std::string_view::npos;
       at = target.find('&', at + 1)) {
    const std::string_view rest = target.substr(at + 1);
    const std::string_view pair = rest.substr(0, rest.find('&'));
    for (const std::string_view name : {"date=", "starting_date=", "starting_at="})
      if (pair.starts_with(name) && parse_date(pair.substr(name.size())))
        return std::string(pair.substr(name.size()));
  }
  return {};
}

bool names_an_earlier_day(std::string_view message, std::string_view day) {
  const auto asked = parse_date(day);
  if (!asked) return false;
  bool earlier = false;
  for (std::size_t at = 0; at + day_size <= message.size(); ++at) {
    const auto named = parse_date(message.substr(at, day_size));
    if (!named) continue;
    if (*named > *asked) return false;
    earlier = earlier || (*named < *asked && *asked - *named <= farthest);
  }
  return earlier;
}

}  // namespace anthropic_metrics::api
