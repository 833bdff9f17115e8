// SPDX-License-Identifier: Apache-2.0
// Opaque page tokens: where the next page begins, bound to the query they came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "time.hpp"

namespace anthropic_metrics::simulator {

/// What a token remembers. `end` is kept because an omitted `ending_at` was resolved when the first
/// page was served.
struct PagePosition {
  Instant start;
  Instant end;
};

/// `page_` and base64 ending in `=`, as in the documentation's sample, so that a client that
/// forgets to percent-encode it is caught. `binding` is a hash of everything else in the query.
std::string make_page_token(const PagePosition& position, std::uint64_t binding);

/// Nothing if the text is not a token of ours or belongs to a different query.
std::optional<PagePosition> parse_page_token(std::string_view token, std::uint64_t binding);

/// The same for lists that are numbered instead of timed.
std::string make_list_token(std::size_t offset, std::uint64_t binding);
std::optional<std::size_t> parse_list_token(std::string_view token, std::uint64_t binding);

/// The same for rows of a report whose data have a state: a number of a refresh, or seconds since
/// 1970.
struct RowPosition {
  std::size_t offset = 0;
  std::uint64_t state = 0;
};
std::string make_row_token(const RowPosition& position, std::uint64_t binding);
std::optional<RowPosition> parse_row_token(std::string_view token, std::uint64_t binding);

}  // namespace anthropic_metrics::simulator
