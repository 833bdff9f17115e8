// SPDX-License-Identifier: Apache-2.0
#include "edge/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/time_text.hpp"
#include "beat_plugin.h"
#include "configuration_schema.hpp"
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

json::object property(std::string_view title, std::string_view description, std::string_view type,
                      json::value fallback = nullptr) {
  json::object out{{"title", title}, {"description", description}, {"type", type}};
  if (!fallback.is_null()) {
    out["examples"] = json::array{fallback};
    out["default"] = std::move(fallback);
  }
  return out;
}

json::object duration(std::string_view title, std::string_view description, Milliseconds fallback,
                      Milliseconds least, Milliseconds most) {
  json::object out{{"$ref", "#/$defs/duration"}, {"title", title}, {"description", description}};
  out["default"] = format_duration(fallback);
  out["examples"] = json::array{format_duration(fallback)};
  out["x-minimum"] = format_duration(least);
  out["x-maximum"] = format_duration(most);
  return out;
}

/// "1h" as a person says it.
std::string spoken(std::string_view width) {
  if (width == "1m") return "1 minute";
  if (width == "1h") return "1 hour";
  if (width == "1d") return "1 day";
  return std::string(width);
}

/// Said to the package: shown at once, not among the advanced settings.
json::object shown(json::object setting) {
  setting["x-show-user"] = true;
  return setting;
}

/// The tiers in which closed buckets are read again.
json::object look_back(const streams::Descriptor& stream) {
  json::object tier{
      {"type", "object"}, {"additionalProperties", false}, {"required", json::array{"depth"}}};
  json::object parts;
  parts["depth"] = json::object{{"$ref", "#/$defs/duration"}, {"title", "How far back to read"}};
  parts["every"] =
      json::object{{"$ref", "#/$defs/duration"}, {"title", "How often; 0s: at every poll"}};
  for (auto& part : parts) {
    part.value().as_object()["x-minimum"] = "0s";
    part.value().as_object()["x-maximum"] = "8760h";
  }
  tier["properties"] = std::move(parts);
  json::array tiers;
  for (const auto& one : stream.tiers)
    tiers.push_back(json::object{{"depth", format_duration(one.look_back)},
                                 {"every", format_duration(one.every)}});
  json::object out = property(
      "Look-back",
      "How far back closed buckets are read again, in tiers: each has a depth, and every how "
      "long it is read. What changed since becomes corrections.",
      "array", std::move(tiers));
  out["items"] = std::move(tier);
  return out;
}

/// The settings of one stream. `shared` are the properties every stream has besides its own.
json::object stream_schema(const streams::Descriptor& stream, const json::object& shared) {
  using namespace std::chrono_literals;
  json::object properties;
  properties["enabled"] = property("Enabled", "Whether the stream is collected.", "boolean", true);
  properties["interval"] = shown(duration("Interval", "Time from one poll to the next.",
                                          stream.interval, stream.shortest_interval, 24h));
  if (!stream.snapshot()) {
    properties["initial_interval"] = shown(duration(
        "Initial interval",
        "How much history the very first poll collects. There is no unit for days: a week is 168h.",
        *stream.initial_interval, 1min, 365 * 24h));
    properties["settle"] = duration(
        "Settle",
        "How long after a bucket closed it is emitted; later changes follow as corrections.",
        stream.settle, 0s, 168h);
    if (stream.widths.size() > 1) {
      json::object width =
          property("Bucket width",
                   "Length of the time buckets that the API adds up. A change begins rows of a new "
                   "kind where the old end.",
                   "string", json::string(stream.widths.front()));
      width["enum"] = strings(stream.widths);
      json::array titles;
      for (const auto one : stream.widths) titles.emplace_back(spoken(one));
      width["x-titles"] = std::move(titles);
      properties["bucket_width"] = shown(std::move(width));
    }
    json::object group_by = property(
        "Group by",
        fmt::format("Dimensions to split by, any of {}. None: one row per bucket. A change begins "
                    "rows of a new kind where the old end.",
                    fmt::join(stream.group_by, ", ")),
        "array", strings(stream.default_group_by));
    json::object item{{"type", "string"}};
    if (stream.open_group_by)
      item["pattern"] = "^[a-z][a-z0-9_]{0,63}$";
    else
      item["enum"] = strings(stream.group_by);
    group_by["items"] = std::move(item);
    group_by["examples"] = json::array{strings(stream.group_by)};
    properties["group_by"] = shown(std::move(group_by));
    properties["look_back"] = look_back(stream);
    json::object backfill = property(
        "Backfill from",
        "Collects history back to this date or time (RFC 3339), newest first, beside live polling. "
        "Empty: only the initial interval.",
        "string");
    backfill["examples"] = json::array{"2026-01-01", "2026-01-01T06:00:00Z"};
    properties["backfill_from"] = std::move(backfill);
  }
  for (const auto& [name, value] : shared) properties[name] = value;
  json::object out{
      {"type", "object"}, {"title", stream.title}, {"description", stream.description}};
  out["additionalProperties"] = false;
  out["default"] = json::object{};
  out["examples"] = json::array{json::object{{"interval", format_duration(stream.interval)}}};
  out["properties"] = std::move(properties);
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
  json::object limits;
  limits["configuration_bytes"] = 4 << 20;
  limits["document_bytes"] = 16 << 20;
  out["limits"] = std::move(limits);
  return json::serialize(out);
}

std::string configuration_schema_json() {
  json::value schema = json::parse(configuration_schema);
  json::object& properties = schema.as_object()["properties"].as_object();
  // What may be set for all streams may be set for one.
  json::object shared;
  for (const char* name : {"namespace", "tags", "preserve_original_event"})
    if (const json::value* common = properties.if_contains(name)) shared[name] = *common;
  json::object streams_properties;
  for (const auto& stream : streams::all())
    streams_properties[stream.name] = stream_schema(stream, shared);
  json::object& streams = properties["streams"].as_object();
  streams["additionalProperties"] = false;
  streams["properties"] = std::move(streams_properties);
  return json::serialize(schema);
}

std::string streams_json() {
  json::array out;
  for (const auto& stream : streams::all()) {
    json::object entry{{"name", stream.name},
                       {"dataset", "anthropic_metrics." + std::string(stream.name)},
                       {"type", "metrics"},
                       {"title", stream.title},
                       {"description", stream.description},
                       {"history", !stream.snapshot()}};
    out.push_back(std::move(entry));
  }
  return json::serialize(out);
}

}  // namespace anthropic_metrics
