// SPDX-License-Identifier: Apache-2.0
// Pages of lists, in the two ways the API has: by the id of an entry, and by an opaque token.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http.hpp"
#include "parameters.hpp"

namespace anthropic_metrics::simulator {

struct Item {
  std::string id;
  std::string text;  ///< JSON
};

/// `limit` (20 unless given), `after_id` or `before_id`; `has_more` looks in the direction of
/// travel.
Result<std::string> id_page(const std::vector<Item>& items, const Target& target);

/// `limit` (`initial` unless given; 0: everything on one page) and `page`, bound to the query.
Result<std::string> token_page(const std::vector<std::string>& texts, const Target& target,
                               std::size_t initial);

/// Parameters that are `true` or `false`; false unless given.
Result<bool> parse_flag(const Target& target, std::string_view name);

/// A JSON string; an empty text is null.
std::string json_text(std::string_view text);

ApiError not_found(std::string message);

}  // namespace anthropic_metrics::simulator
