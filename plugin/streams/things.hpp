// SPDX-License-Identifier: Apache-2.0
// What the lists of things that stay have in common: workspaces, keys, people, accounts.
#pragma once

#include <string_view>

#include "streams/list.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::streams {

/// A list that is paged by id, in pages as large as the API has them. entries: what they are.
ListEndpoint list_of_things(std::string_view path, std::string_view entries,
                            const StreamSettings& settings, std::string_view api_version);

/// Reads the member "id". False if there is none, or an empty one: entry.odd() says so.
bool read_id(ListEntry& entry, std::size_t column);

/// "archived" if there is something at path, else "live".
std::string_view state_by(ListEntry& entry, std::string_view path);

/// Whether the organization's default workspace is meant, which other reports call null: the API
/// gives it this name, and no other mark.
bool is_default_workspace(std::string_view name, std::string_view state);

/// A map of texts at path, as a list of "key:value" in order of the keys. Of a value that is no
/// text the rest is read, and the entry is odd.
void read_tags(ListEntry& entry, std::size_t column, std::string_view path);

}  // namespace anthropic_metrics::streams
