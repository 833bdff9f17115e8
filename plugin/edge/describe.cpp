// SPDX-License-Identifier: Apache-2.0
#include "edge/describe.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "beat_read.h"
#include "edge/describe_row.hpp"
#include "settings/table.hpp"
#include "streams/registry.hpp"
#include "version.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

json::array strings(const std::vector<std::string_view>& list) {
  json::array out;
  for (const auto text : list) out.emplace_back(text);
  return out;
}

json::object schema_of(const Setting& setting);

/// An object of these settings and no other.
void put_object(const std::vector<Setting>& settings, json::object& out) {
  json::array required;
  json::object properties, needs;
  for (const Setting& one : settings) {
    if (one.required) required.emplace_back(one.key);
    if (!one.needs.empty()) needs[one.key] = strings({one.needs});
    properties[one.key] = schema_of(one);
  }
  out["type"] = "object";
  out["additionalProperties"] = false;
  if (!required.empty()) out["required"] = std::move(required);
  if (!needs.empty()) out["dependentRequired"] = std::move(needs);
  out["properties"] = std::move(properties);
}

/// A text, or one of a list.
void put_text(const Setting& setting, json::object& out) {
  out["type"] = "string";
  if (!setting.format.empty()) out["format"] = setting.format;
  if (!setting.least.is_null()) out["minLength"] = setting.least;
  if (!setting.pattern.empty()) out["pattern"] = setting.pattern;
  if (!setting.choices.empty()) out["enum"] = strings(setting.choices);
  if (!setting.spoken.empty()) out["x-titles"] = strings(setting.spoken);
}

void put_list(const Setting& setting, json::object& out) {
  json::object items;
  if (setting.kind == Kind::objects)
    put_object(setting.settings, items);
  else
    put_text(setting, items);
  out["type"] = "array";
  out["items"] = std::move(items);
  if (setting.filled) out["minItems"] = 1;
  if (setting.unique) out["uniqueItems"] = true;
}

void put_kind(const Setting& setting, json::object& out) {
  json::array any_of;
  switch (setting.kind) {
    case Kind::text:
      return put_text(setting, out);
    case Kind::boolean:
      out["type"] = "boolean";
      return;
    case Kind::integer:
      out["type"] = "integer";
      out["minimum"] = setting.least;
      out["maximum"] = setting.most;
      return;
    case Kind::duration:
      out["$ref"] = "#/$defs/duration";
      out["x-minimum"] = setting.least;
      out["x-maximum"] = setting.most;
      return;
    case Kind::texts:
    case Kind::objects:
      return put_list(setting, out);
    case Kind::object:
      put_object(setting.settings, out);
      for (const auto key : setting.any_of)
        any_of.push_back(json::object{{"required", strings({key})}});
      if (!any_of.empty()) out["anyOf"] = std::move(any_of);
      return;
  }
}

/// A row as JSON Schema. What forms need and the standard has no word for begins with "x-".
json::object schema_of(const Setting& setting) {
  json::object out{{"title", setting.title}};
  if (!setting.sentence.empty()) out["description"] = setting.sentence;
  put_kind(setting, out);
  json::array examples(setting.examples.begin(), setting.examples.end());
  if (!setting.fallback.is_null()) {
    out["default"] = setting.fallback;
    if (examples.empty()) examples.push_back(setting.fallback);
  }
  if (!examples.empty()) out["examples"] = std::move(examples);
  if (setting.secret) out["x-secret"] = true;
  if (setting.foremost) out["x-show-user"] = true;
  return out;
}

}  // namespace

std::string manifest_json() {
  json::object out;
  out["name"] = "anthropic_metrics";
  out["version"] = version;
  out["license"] = "Apache-2.0";
  out["abi_version"] = BEAT_ABI_VERSION;
  out["document_schema_version"] = 1;
  out["configuration_schema_version"] = 1;
  out["extensions"] = json::array{BEAT_READ_ID};
  json::object limits;
  limits["configuration_bytes"] = 4 << 20;
  limits["document_bytes"] = 16 << 20;
  out["limits"] = std::move(limits);
  return json::serialize(out);
}

std::string configuration_schema_json() {
  json::object schema = schema_of(configuration_settings());
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["$id"] = "configuration.schema.json";
  schema["$defs"] = {
      {"duration",
       {{"type", "string"},
        {"pattern", R"(^(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|ms|s|m|h))+)$)"},
        {"description",
         "Go's form of a duration: numbers, each with one of the units ns, us, ms, s, m, h. There "
         "is no d: a day is 24h."}}}};
  return json::serialize(schema);
}

std::string streams_json() {
  json::array out;
  for (const auto& stream : streams::all()) {
    json::object entry{{"name", stream.name},
                       {"dataset", streams::default_dataset(stream.name)},
                       {"type", "metrics"},
                       {"title", stream.title},
                       {"description", stream.description},
                       {"history", !stream.snapshot()}};
    if (!stream.path.empty()) entry["endpoint"] = stream.path;
    if (stream.opt_in) entry["opt_in"] = true;
    if (auto row = row_of(stream); !row.empty()) entry["row"] = std::move(row);
    out.push_back(std::move(entry));
  }
  return json::serialize(out);
}

}  // namespace anthropic_metrics
