// SPDX-License-Identifier: Apache-2.0
#include "proof/reading_config.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/time_text.hpp"
#include "json_access.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

json::object parsed(const SecretText& config) {
  return config->expose([](std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    return error || !value.is_object() ? json::object() : value.get_object();
  });
}

// The schema's part for a setting of a stream; null if the stream has none such.
const json::object* schema_of(const json::value& schema, std::string_view stream,
                              std::string_view key) {
  const json::object* at = schema.if_object();
  for (const std::string_view step :
       {std::string_view("properties"), std::string_view("streams"), std::string_view("properties"),
        stream, std::string_view("properties"), key})
    at = at == nullptr ? nullptr : object_in(*at, step);
  return at;
}

const json::value* setting(const json::object& config, const json::value& schema,
                           std::string_view stream, std::string_view key) {
  const json::object* streams = object_in(config, "streams");
  const json::object* own = streams == nullptr ? nullptr : object_in(*streams, stream);
  const json::value* found = own == nullptr ? nullptr : value_in(*own, key);
  if (found == nullptr) found = value_in(config, key);
  if (found != nullptr) return found;
  const json::object* said = schema_of(schema, stream, key);
  return said == nullptr ? nullptr : value_in(*said, "default");
}

std::string text_of(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::chrono::seconds duration_of(const json::value* value) {
  const auto read = parse_duration(text_of(value));
  return std::chrono::ceil<std::chrono::seconds>(read.value_or(Milliseconds(0)));
}

}  // namespace

StreamWork work_of(const SecretText& config, const json::value& schema, std::string_view stream,
                   const std::string& usual_width) {
  const WipingFrees wiping;
  const json::object settings = parsed(config);
  StreamWork work;
  work.grain.width = text_of(setting(settings, schema, stream, "bucket_width"));
  if (work.grain.width.empty()) work.grain.width = usual_width;
  const json::value* group_by = setting(settings, schema, stream, "group_by");
  if (group_by != nullptr && group_by->is_array())
    for (const json::value& name : group_by->get_array())
      work.grain.group_by.push_back(text_of(&name));
  std::sort(work.grain.group_by.begin(), work.grain.group_by.end());
  work.interval = duration_of(setting(settings, schema, stream, "interval"));
  const json::value* settle = setting(settings, schema, stream, "settle");
  work.settle = duration_of(settle);
  work.settles = settle != nullptr;
  const json::value* tiers = setting(settings, schema, stream, "look_back");
  if (tiers != nullptr && tiers->is_array())
    for (const json::value& tier : tiers->get_array())
      if (const json::object* one = tier.if_object())
        work.look_back = std::max(work.look_back, duration_of(value_in(*one, "depth")));
  work.hashed = schema_of(schema, stream, "personal_data") != nullptr &&
                text_of(setting(settings, schema, stream, "personal_data")) == "hashed";
  return work;
}

SecretText reading_config(const SecretText& config, const json::value& schema,
                          const std::vector<StreamInfo>& streams, std::string_view stream,
                          const Grain& grain) {
  const WipingFrees wiping;
  json::object settings = parsed(config);
  for (const char* key : {"state", "tracer", "enable_request_tracer"}) settings.erase(key);
  json::object listed;
  const json::object* given = object_in(settings, "streams");
  for (const StreamInfo& info : streams) {
    json::object one;
    if (info.name != stream) {
      one["enabled"] = false;
    } else {
      if (const json::object* own = given == nullptr ? nullptr : object_in(*given, stream))
        one = *own;
      for (const char* key : {"tracer", "enable_request_tracer"}) one.erase(key);
      one["enabled"] = true;
      if (schema_of(schema, stream, "bucket_width") != nullptr) one["bucket_width"] = grain.width;
      if (schema_of(schema, stream, "group_by") != nullptr)
        one["group_by"] = json::array(grain.group_by.begin(), grain.group_by.end());
    }
    listed[info.name] = std::move(one);
  }
  settings["streams"] = std::move(listed);
  return secret_text(json::serialize(settings));
}

std::string state_path_of(const SecretText& config) {
  const WipingFrees wiping;
  const json::object settings = parsed(config);
  const json::object* state = object_in(settings, "state");
  return state == nullptr ? std::string() : text_in(*state, "path");
}

}  // namespace anthropic_metrics::host
