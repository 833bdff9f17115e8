// SPDX-License-Identifier: Apache-2.0
// What is both counted by usage and billed by cost: kinds of tokens, and web searches. Reports of
// usage and of cost call them differently.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "finance/line_item.hpp"

namespace anthropic_metrics::host {

struct Meter {
  std::string_view cost_type;
  std::string_view token_type;   // of a line item; empty: it has none
  std::string_view count;        // the field of a document of usage
  std::string_view label;        // for people
  std::string_view unit;         // what is counted
  std::string_view priced_unit;  // as price lists have it: 10 to the power of priced_places of them
  int priced_places;
};

inline constexpr std::array<Meter, meter_count> meters{{
    {"tokens", "uncached_input_tokens", "uncached_input_tokens", "Input Tokens", "Tokens",
     "1000000 Tokens", 6},
    {"tokens", "cache_read_input_tokens", "cached_input_tokens", "Cache Read Tokens", "Tokens",
     "1000000 Tokens", 6},
    {"tokens", "cache_creation.ephemeral_5m_input_tokens", "cache_creation_5m_input_tokens",
     "Cache Write Tokens, 5 Minutes", "Tokens", "1000000 Tokens", 6},
    {"tokens", "cache_creation.ephemeral_1h_input_tokens", "cache_creation_1h_input_tokens",
     "Cache Write Tokens, 1 Hour", "Tokens", "1000000 Tokens", 6},
    {"tokens", "output_tokens", "output_tokens", "Output Tokens", "Tokens", "1000000 Tokens", 6},
    {"web_search", "", "web_search_requests", "Web Searches", "Requests", "1000 Requests", 3},
}};

// Into meters; nothing if usage does not count what the item bills, or the item does not say.
std::optional<std::size_t> meter_of(const LineItem& item);
std::optional<std::size_t> meter_of_count(std::string_view field);

}  // namespace anthropic_metrics::host
