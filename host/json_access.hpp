// SPDX-License-Identifier: Apache-2.0
// Reading JSON that somebody else made, a plugin or a store, of whatever version: what is not
// there, or is of another kind, is nothing.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host {

inline const boost::json::value* value_in(const boost::json::object& map, std::string_view key) {
  return map.if_contains(boost::json::string_view(key.data(), key.size()));
}

inline const boost::json::object* object_in(const boost::json::object& map, std::string_view key) {
  const auto* value = value_in(map, key);
  return value == nullptr ? nullptr : value->if_object();
}

inline std::string text_in(const boost::json::object& map, std::string_view key) {
  const auto* value = value_in(map, key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

inline std::optional<double> number_in(const boost::json::object& map, std::string_view key) {
  const auto* value = value_in(map, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const double number = value->to_number<double>(error);
  return error ? std::nullopt : std::optional(number);
}

}  // namespace anthropic_metrics::host
