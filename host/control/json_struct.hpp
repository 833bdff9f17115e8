// SPDX-License-Identifier: Apache-2.0
// JSON as protobuf carries it, in messages called Struct and Value. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host::control {

// The object as JSON text, keys in the order of their octets: the Agent sends them in any order,
// and what is equal shall look equal. Every number comes as a double; one without a fraction, below
// 2^53, is written as the integer that it was. Nothing if the message is damaged or nested deeper
// than most_depth.
std::optional<std::string> json_text_of(std::string_view message);
inline constexpr int most_depth = 100;

std::string to_struct(const boost::json::object& object);

}  // namespace anthropic_metrics::host::control
