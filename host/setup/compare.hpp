// SPDX-License-Identifier: Apache-2.0
// Is what an engine has what would be put there, and whose is it? Pure.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace anthropic_metrics::host {

// All that is in ours is in theirs. Engines add defaults of their own and answer numbers as text.
bool contains(const boost::json::value& theirs, const boost::json::value& ours);

// Put there by a setup or by install.sh of any version, for a package of the same name.
bool is_ours(const boost::json::value& theirs, const boost::json::value& ours);
// Put there by Elastic's Fleet.
bool is_of_fleet(const boost::json::value& theirs);

// What an index's mapping is beside ours.
enum class Mapping {
  same,
  smaller,  // to be added to
  other,    // a field has another type: only a new index can have ours
};
Mapping compare_mapping(const boost::json::object& theirs, const boost::json::object& ours);

}  // namespace anthropic_metrics::host
