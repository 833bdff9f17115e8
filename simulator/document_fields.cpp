// SPDX-License-Identifier: Apache-2.0
#include "document_fields.hpp"

#include <boost/json.hpp>

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;
using std::string;

}  // namespace

const json::value& at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) throw BadDocument("field '" + string(key) + "' is missing");
  return *value;
}

const json::object& object_at(const json::object& object, std::string_view key) {
  const auto& value = at(object, key);
  if (!value.is_object()) throw BadDocument("field '" + string(key) + "' should be an object");
  return value.as_object();
}

string text_or_empty(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return {};
  if (!value->is_string()) throw BadDocument("field '" + string(key) + "' should be a string");
  return string(value->as_string());
}

string text_at(const json::object& object, std::string_view key) {
  at(object, key);
  return text_or_empty(object, key);
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto& value = at(object, key);
  if (!value.is_int64())
    throw BadDocument("field '" + string(key) + "' should be a 64-bit integer");
  return value.as_int64();
}

Instant time_at(const json::object& object, std::string_view key) {
  const auto time = parse_rfc3339(text_at(object, key));
  if (!time) throw BadDocument("field '" + string(key) + "' should be RFC 3339");
  return std::chrono::floor<std::chrono::seconds>(*time);
}

std::set<string> group_by_of(const json::object& object) {
  std::set<string> names;
  const auto* value = object.if_contains("group_by");
  if (value == nullptr) return names;
  if (value->is_string()) return {string(value->as_string())};
  if (!value->is_array()) throw BadDocument("field 'group_by' should be an array of strings");
  for (const auto& name : value->as_array()) {
    if (!name.is_string()) throw BadDocument("field 'group_by' should be an array of strings");
    names.emplace(name.as_string());
  }
  return names;
}

std::int64_t number_or_zero(const json::object& object, std::string_view key) {
  return object.contains(key) ? number_at(object, key) : 0;
}

Amount amount_at(const json::object& object, std::string_view key) {
  const string exact = text_at(object, key);
  const auto amount = parse_amount(exact);
  if (!amount)
    throw BadDocument("field '" + string(key) + "' should be a decimal, got '" + exact + "'");
  return *amount;
}

}  // namespace anthropic_metrics::simulator
