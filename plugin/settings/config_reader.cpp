// SPDX-License-Identifier: Apache-2.0
#include "settings/config_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/time_text.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

std::string shown(const json::value& value) {
  std::string text = json::serialize(value);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

}  // namespace

const json::value* ConfigReader::find(std::string_view key) {
  known_.emplace_back(key);
  const json::value* value = object_.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::vector<std::pair<const json::object*, std::string>> ConfigReader::objects(
    std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  const json::array* list = value->if_array();
  if (list == nullptr) {
    fault(key, shown(*value), "expected a list of objects");
    return {};
  }
  std::vector<std::pair<const json::object*, std::string>> objects;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("{}/{}", pointer(key), i);
    if (const json::object* object = (*list)[i].if_object())
      objects.emplace_back(object, at);
    else
      faults_.push_back(fmt::format("{}: {}: expected an object", at, shown((*list)[i])));
  }
  return objects;
}

bool ConfigReader::has(std::string_view key) const {
  const json::value* value = object_.if_contains(key);
  return value != nullptr && !value->is_null();
}

std::string ConfigReader::pointer(std::string_view key) const {
  std::string escaped;
  for (const char c : key) {
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  }
  return pointer_ + "/" + escaped;
}

void ConfigReader::fault(std::string_view key, std::string_view value,
                         std::string_view expectation) {
  faults_.push_back(value.empty() ? fmt::format("{}: {}", pointer(key), expectation)
                                  : fmt::format("{}: {}: {}", pointer(key), value, expectation));
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) {
  const json::value* value = find(key);
  if (value == nullptr) return std::string(fallback);
  if (const json::string* text = value->if_string()) return std::string(*text);
  return std::string(refused(key, *value, fallback));
}

std::string_view ConfigReader::words(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  if (const json::string* text = value->if_string()) return {text->data(), text->size()};
  return refused(key, *value, {});
}

std::string_view ConfigReader::refused(std::string_view key, const json::value& value,
                                       std::string_view fallback) {
  // A key is a secret, and a URL may hold a password.
  const bool secret =
      key.find("key") != std::string_view::npos || key.find("url") != std::string_view::npos;
  fault(key, secret ? "" : shown(value), "expected a string; put the value in quotes");
  return fallback;
}

bool ConfigReader::boolean(std::string_view key, bool fallback) {
  const json::value* value = find(key);
  if (value == nullptr) return fallback;
  if (const bool* set = value->if_bool()) return *set;
  fault(key, shown(*value), "expected true or false, without quotes");
  return fallback;
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                                   std::int64_t most) {
  const json::value* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_int64() && value->get_int64() >= least && value->get_int64() <= most)
    return value->get_int64();
  fault(key, shown(*value), fmt::format("expected a whole number from {} to {}", least, most));
  return fallback;
}

Milliseconds ConfigReader::duration(std::string_view key, Milliseconds fallback, Milliseconds least,
                                    Milliseconds most) {
  const json::value* value = find(key);
  if (value == nullptr) return fallback;
  const json::string* text = value->if_string();
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (!duration) {
    fault(key, shown(*value),
          "expected a duration in Go's form, such as \"90s\", \"5m\" or \"24h\"");
    return fallback;
  }
  if (*duration < least || *duration > most) {
    fault(key, shown(*value),
          fmt::format("expected a duration from {} to {}", format_duration(least),
                      format_duration(most)));
    return fallback;
  }
  return *duration;
}

std::vector<std::string> ConfigReader::texts(std::string_view key,
                                             std::vector<std::string> fallback) {
  const json::value* value = find(key);
  if (value == nullptr) return fallback;
  // Elastic accepts a single value where a list is expected.
  if (const json::string* one = value->if_string()) return {std::string(*one)};
  const json::array* list = value->if_array();
  if (list == nullptr) {
    fault(key, shown(*value), "expected a list of strings");
    return fallback;
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (const json::string* text = (*list)[i].if_string())
      texts.emplace_back(*text);
    else
      faults_.push_back(
          fmt::format("{}/{}: {}: expected a string", pointer(key), i, shown((*list)[i])));
  }
  return texts;
}

std::string ConfigReader::choice(std::string_view key, const std::vector<std::string_view>& choices,
                                 std::string_view fallback) {
  const std::string value = text(key, fallback);
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  fault(key, fmt::format("\"{}\"", value),
        fmt::format("expected one of {}", fmt::join(choices, ", ")));
  return std::string(fallback);
}

const json::object* ConfigReader::object(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) return nullptr;
  if (const json::object* object = value->if_object()) return object;
  fault(key, shown(*value), "expected an object");
  return nullptr;
}

void ConfigReader::refuse_unknown_keys() {
  std::sort(known_.begin(), known_.end());
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  for (const auto& member : object_) {
    const std::string key(member.key());
    // Fleet's marks for what its Agents shall hide in diagnostics are no settings.
    if (key.starts_with("__mark_redact_")) continue;
    if (std::binary_search(known_.begin(), known_.end(), key)) continue;
    faults_.push_back(fmt::format("{}: unknown setting; remove it or use one of {}", pointer(key),
                                  fmt::join(known_, ", ")));
  }
}

}  // namespace anthropic_metrics
