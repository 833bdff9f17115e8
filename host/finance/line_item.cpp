// SPDX-License-Identifier: Apache-2.0
#include "finance/line_item.hpp"

#include <algorithm>

#include "finance/meters.hpp"

namespace anthropic_metrics::host {

std::string_view value_of(const Dimensions& dimensions, std::string_view name) {
  const auto found = dimensions.find(name);
  return found == dimensions.end() ? std::string_view() : std::string_view(found->second);
}

std::map<std::string, Decimal> totals_of(const Books& books) {
  std::map<std::string, Decimal> totals;
  for (const LineItem& item : books.items) {
    Decimal& total = totals[item.currency];
    total = total + item.cents;
  }
  return totals;
}

std::optional<std::size_t> meter_of(const LineItem& item) {
  const std::string_view cost_type = value_of(item.dimensions, "cost_type");
  const std::string_view token_type = value_of(item.dimensions, "token_type");
  const auto* const found = std::find_if(meters.begin(), meters.end(), [&](const Meter& meter) {
    return meter.cost_type == cost_type && meter.token_type == token_type;
  });
  if (found == meters.end()) return std::nullopt;
  return static_cast<std::size_t>(found - meters.begin());
}

std::optional<std::size_t> meter_of_count(std::string_view field) {
  const auto* const found = std::find_if(meters.begin(), meters.end(),
                                         [&](const Meter& meter) { return meter.count == field; });
  if (found == meters.end()) return std::nullopt;
  return static_cast<std::size_t>(found - meters.begin());
}

}  // namespace anthropic_metrics::host
