// SPDX-License-Identifier: Apache-2.0
#include "settings/config_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "base/time_text.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

std::string shown(const json::value& value) {
  std::string text = json::serialize(value);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

/// The row's fallback, if it has one.
std::string_view text_of(const json::value& fallback) {
  const json::string* text = fallback.if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

/// A duration of the table.
Milliseconds duration_of(const json::value& said) {
  return said.is_null() ? Milliseconds(0) : parse_duration(text_of(said)).value();
}

}  // namespace

const Setting& ConfigReader::row(std::string_view key) const {
  const auto found = std::find_if(settings_.begin(), settings_.end(),
                                  [&](const Setting& one) { return one.key == key; });
  if (found != settings_.end()) return *found;
  throw std::logic_error(fmt::format("{} has no row in the table of settings", pointer(key)));
}

const json::value* ConfigReader::find(std::string_view key) const {
  const json::value* value = object_.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool ConfigReader::has(std::string_view key) const {
  return find(key) != nullptr;
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

void ConfigReader::fault(std::string_view expectation) {
  faults_.push_back(fmt::format("{}: {}", pointer_, expectation));
}

void ConfigReader::refuse(const Setting& row, const json::value& value,
                          std::string_view expectation) {
  fault(row.key, row.secret || row.withheld ? "" : shown(value), expectation);
}

std::string ConfigReader::text(std::string_view key) {
  const Setting& setting = row(key);
  if (const json::value* value = find(key)) {
    if (const json::string* text = value->if_string()) return std::string(*text);
    refuse(setting, *value, "expected a string; put the value in quotes");
  }
  return std::string(text_of(setting.fallback));
}

std::string_view ConfigReader::words(std::string_view key) {
  const Setting& setting = row(key);
  const json::value* value = find(key);
  if (value != nullptr && !value->is_string())
    refuse(setting, *value, "expected a string; put the value in quotes");
  return value == nullptr ? std::string_view() : text_of(*value);
}

std::string ConfigReader::choice(std::string_view key) {
  const Setting& setting = row(key);
  std::string value = text(key);
  const auto& choices = setting.choices;
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  fault(key, fmt::format("\"{}\"", value),
        fmt::format("expected one of {}", fmt::join(choices, ", ")));
  return std::string(text_of(setting.fallback));
}

bool ConfigReader::boolean(std::string_view key) {
  const Setting& setting = row(key);
  if (const json::value* value = find(key)) {
    if (const bool* set = value->if_bool()) return *set;
    refuse(setting, *value, "expected true or false, without quotes");
  }
  return setting.fallback.as_bool();
}

std::int64_t ConfigReader::integer(std::string_view key) {
  const Setting& setting = row(key);
  if (const json::value* value = find(key)) {
    const std::int64_t least = setting.least.as_int64(), most = setting.most.as_int64();
    if (value->is_int64() && value->get_int64() >= least && value->get_int64() <= most)
      return value->get_int64();
    fault(key, shown(*value), fmt::format("expected a whole number from {} to {}", least, most));
  }
  return setting.fallback.as_int64();
}

Milliseconds ConfigReader::duration(std::string_view key) {
  const Setting& setting = row(key);
  if (const json::value* value = find(key)) {
    const auto duration = parse_duration(text_of(*value));
    const auto least = duration_of(setting.least), most = duration_of(setting.most);
    if (!duration)
      refuse(setting, *value,
             "expected a duration in Go's form, such as \"90s\", \"5m\" or \"24h\"");
    else if (*duration < least || *duration > most)
      fault(key, shown(*value),
            fmt::format("expected a duration from {} to {}", format_duration(least),
                        format_duration(most)));
    else
      return *duration;
  }
  return duration_of(setting.fallback);
}

std::vector<std::string> ConfigReader::texts(std::string_view key) {
  const Setting& setting = row(key);
  const json::value* value = find(key);
  // Elastic accepts a single value where a list is expected.
  if (value != nullptr && value->is_string()) return {std::string(text_of(*value))};
  if (value != nullptr && !value->is_array()) {
    refuse(setting, *value, "expected a list of strings");
    value = nullptr;
  }
  if (value == nullptr) value = &setting.fallback;
  std::vector<std::string> texts;
  const json::array* list = value->if_array();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (const json::string* text = (*list)[i].if_string())
      texts.emplace_back(*text);
    else
      faults_.push_back(
          fmt::format("{}/{}: {}: expected a string", pointer(key), i, shown((*list)[i])));
  }
  return texts;
}

const json::object& ConfigReader::object(std::string_view key) {
  static const json::object none;
  const Setting& setting = row(key);
  const json::value* value = find(key);
  if (value == nullptr) return none;
  if (const json::object* object = value->if_object()) return *object;
  refuse(setting, *value, "expected an object");
  return none;
}

ConfigReader ConfigReader::part(std::string_view key) {
  return {object(key), row(key).settings, pointer(key), faults_};
}

std::vector<ConfigReader> ConfigReader::parts(std::string_view key) {
  const Setting& setting = row(key);
  const json::value* value = find(key);
  if (value == nullptr) return {};
  const json::array* list = value->if_array();
  if (list == nullptr) {
    refuse(setting, *value, "expected a list of objects");
    return {};
  }
  std::vector<ConfigReader> parts;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("{}/{}", pointer(key), i);
    if (const json::object* object = (*list)[i].if_object())
      parts.emplace_back(*object, setting.settings, at, faults_);
    else
      faults_.push_back(fmt::format("{}: {}: expected an object", at, shown((*list)[i])));
  }
  return parts;
}

void ConfigReader::refuse_unknown_keys() {
  std::vector<std::string_view> known;
  for (const Setting& one : settings_) known.push_back(one.key);
  std::sort(known.begin(), known.end());
  for (const auto& member : object_) {
    const std::string_view key(member.key().data(), member.key().size());
    // Fleet's marks for what its Agents shall hide in diagnostics are no settings.
    if (key.starts_with("__mark_redact_")) continue;
    if (std::binary_search(known.begin(), known.end(), key)) continue;
    faults_.push_back(fmt::format("{}: unknown setting; remove it or use one of {}", pointer(key),
                                  fmt::join(known, ", ")));
  }
}

}  // namespace anthropic_metrics
