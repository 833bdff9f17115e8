// SPDX-License-Identifier: Apache-2.0
// Decodes a page of a list into one bucket. The page is held in memory: lists are short.
//
// Shapes: https://platform.claude.com/docs/en/api/admin-api/workspaces/list-workspaces (after_id),
// https://platform.claude.com/docs/en/api/admin-api/rate-limits/list-organization-rate-limits
// (next_page).
#pragma once

#include <memory>
#include <string_view>

#include "streams/list.hpp"

namespace anthropic_metrics::streams {

inline constexpr std::size_t most_list_bytes = 4u << 20;

/// layout must outlive the decoder. entries: what they are, for messages. keep_original: rows keep
/// their entries.
std::unique_ptr<Decoder> make_list_decoder(const Layout& layout, Paging paging,
                                           std::string_view entries, EntryReader reader,
                                           bool keep_original = false);

}  // namespace anthropic_metrics::streams
