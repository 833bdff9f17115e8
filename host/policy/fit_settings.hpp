// SPDX-License-Identifier: Apache-2.0
// An Elastic Agent is generous about how a value is written: "true" from a variable, 7 for "7", one
// text for a list of one, 90 for 90 seconds. A plugin says exactly what it wants. Between the two:
// the plugin's schema. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace anthropic_metrics::host {

// Turns values of the configuration into the type that the plugin's schema (JSON Schema) names for
// their place, where an Agent would take them so. Everything else is left as it is, for the plugin
// to judge.
void fit_settings(boost::json::object& config, const boost::json::value& schema);

// true, yes, on, y, t, 1 and their opposites, in any case: YAML 1.1 and Go together.
std::optional<bool> boolean_of(std::string_view word);

// 7, "7", and 7.0 as JSON of other programs has it. Nothing if it is no whole number.
std::optional<std::int64_t> whole_of(const boost::json::value& value);

}  // namespace anthropic_metrics::host
