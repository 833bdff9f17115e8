// SPDX-License-Identifier: Apache-2.0
// Compares documents of things that stay - workspaces, API keys, people, service accounts, spend
// limits - with the lists as they were at a time.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "directory_data.hpp"

namespace anthropic_metrics::simulator {

/// Whether documents of this stream say things that are known by their id.
bool is_entity_stream(std::string_view stream);

/// The latest document of each id, by id: the fields of the stream.
using EntityDocuments = std::map<std::string, boost::json::object>;

/// Where documents and list do not say the same, each with what one side lacks. Personal texts may
/// be left out or hashed. What has left the list may still have its last document if the API does
/// not keep such things, as with people.
std::vector<std::string> compare_entities(const Options& options, const Organization& organization,
                                          std::string_view stream, Instant at,
                                          const EntityDocuments& documents);

/// How many things the list has.
std::size_t count_entities(const Options& options, const Organization& organization,
                           std::string_view stream, Instant at);

}  // namespace anthropic_metrics::simulator
