// SPDX-License-Identifier: Apache-2.0
#include "policy/fit_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <string>

#include "base/octets.hpp"
#include "policy/settings_tree.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::string_view duration_reference = "#/$defs/duration";
constexpr int most_levels = 64;

std::string_view text_of(const json::object& map, std::string_view key) {
  const auto* value = map.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

class Fitter {
 public:
  explicit Fitter(const json::value& schema) : schema_(schema) {}

  void fit(json::value& value, const json::object& node, int level) {
    if (level > most_levels || value.is_null()) return;
    const std::string_view reference = text_of(node, "$ref");
    if (reference == duration_reference) return fit_duration(value);
    if (!reference.empty()) {
      if (const json::object* target = at(reference)) fit(value, *target, level + 1);
      return;
    }
    const std::string_view type = text_of(node, "type");
    if (type == "boolean") fit_boolean(value);
    if (type == "integer") fit_whole(value);
    if (type == "string") fit_text(value);
    if (type == "array") fit_list(value, node, level);
    if (type == "object" && value.is_object()) fit_object(value.get_object(), node, level);
  }

  void fit_object(json::object& object, const json::object& node, int level) {
    const auto* given = node.if_contains("properties");
    const json::object* properties = given == nullptr ? nullptr : given->if_object();
    if (properties == nullptr) return;
    for (auto& member : object) {
      const auto* known = properties->if_contains(member.key());
      if (known != nullptr && known->is_object())
        fit(member.value(), known->get_object(), level + 1);
    }
  }

 private:
  const json::object* at(std::string_view reference) const {
    if (reference.empty() || reference.front() != '#') return nullptr;
    boost::system::error_code error;
    const auto* found =
        schema_.find_pointer(json::string_view(reference.data() + 1, reference.size() - 1), error);
    return error || found == nullptr ? nullptr : found->if_object();
  }

  static void fit_boolean(json::value& value) {
    std::string word;
    if (const auto* text = value.if_string()) word = std::string(text->data(), text->size());
    if (value.is_int64()) word = std::to_string(value.get_int64());
    if (const auto set = boolean_of(word)) value = *set;
  }

  static void fit_whole(json::value& value) {
    if (const auto whole = whole_of(value)) value = *whole;
  }

  // A fraction stays: how it was written is not known any more.
  static void fit_text(json::value& value) {
    if (value.is_bool() || value.is_int64() || value.is_uint64())
      value = json::string(json::serialize(value));
  }

  static void fit_duration(json::value& value) {
    if (!value.is_number()) return;
    const double seconds = value.to_number<double>();
    if (seconds == std::trunc(seconds) && std::abs(seconds) < 1e12)
      value = json::string(fmt::format("{}s", static_cast<std::int64_t>(seconds)));
    else
      value = json::string(fmt::format("{:f}s", seconds));
  }

  void fit_list(json::value& value, const json::object& node, int level) {
    if (!value.is_array()) value = json::array{value};
    const auto* items = node.if_contains("items");
    if (items == nullptr || !items->is_object()) return;
    for (json::value& item : value.get_array()) fit(item, items->get_object(), level + 1);
  }

  const json::value& schema_;
};

}  // namespace

void fit_settings(json::object& config, const json::value& schema) {
  if (const json::object* root = schema.if_object()) Fitter(schema).fit_object(config, *root, 0);
}

std::optional<bool> boolean_of(std::string_view word) {
  const std::string lower = to_lower(word);
  for (const std::string_view yes : {"true", "yes", "on", "y", "t", "1"}) {
    if (lower == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "n", "f", "0"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> whole_of(const json::value& value) {
  if (const auto* text = value.if_string()) {
    const json::value typed = plain_scalar(std::string_view(text->data(), text->size()));
    return typed.is_string() ? std::nullopt : whole_of(typed);
  }
  if (value.is_int64()) return value.get_int64();
  const double* real = value.if_double();
  if (real == nullptr || std::trunc(*real) != *real || std::abs(*real) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

}  // namespace anthropic_metrics::host
