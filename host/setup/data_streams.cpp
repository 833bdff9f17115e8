// SPDX-License-Identifier: Apache-2.0
#include "setup/data_streams.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <string>

#include "setup/asking.hpp"
#include "setup/compare.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::string write_index(const json::object& data_stream) {
  const json::value* indices = data_stream.if_contains("indices");
  if (indices == nullptr || !indices->is_array() || indices->get_array().empty()) return {};
  const json::value& last = indices->get_array().back();
  return last.is_object() ? text_in(last.get_object(), "index_name") : std::string();
}

// The default pipeline of the index, as the assets name it for this stream: metrics-x.usage has
// x-usage.
bool has_pipeline(const json::object& settings, const json::object& assets) {
  const json::object& index = part(part(settings, "settings"), "index");
  return part(assets, "pipelines").contains(text_in(index, "default_pipeline"));
}

StoreRequest rollover(const std::string& name) {
  return {.method = "POST", .target = "/" + name + "/_rollover", .body = "{}"};
}

Result<Step> step_for(StoreClient& client, const json::object& assets, const std::string& name,
                      const std::string& index, const json::object& ours) {
  const std::string what = "reading the mapping of " + name;
  const auto mapped = look_up(client, "/" + index + "/_mapping", what);
  if (!mapped) return mapped.error();
  const auto set = look_up(client, "/" + index + "/_settings", what);
  if (!set) return set.error();
  static const json::object none;
  const json::object& mapping = part(part(*mapped ? **mapped : none, index), "mappings");
  const json::object& settings = part(*set ? **set : none, index);
  Step step{.kind = "mapping of", .name = name};
  if (!part(assets, "pipelines").empty() && !has_pipeline(settings, assets)) {
    step.effect = Effect::rolled_over;
    step.why = "its index was begun without the templates";
    step.requests.push_back(rollover(name));
    return step;
  }
  switch (compare_mapping(mapping, ours)) {
    case Mapping::same:
      break;
    case Mapping::smaller:
      step.effect = Effect::updated;
      step.requests.push_back({.method = "PUT",
                               .target = "/" + name + "/_mapping?write_index_only=true",
                               .body = json::serialize(ours)});
      step.or_this = rollover(name);
      break;
    case Mapping::other:
      step.effect = Effect::rolled_over;
      step.why = "a field has another type now";
      step.requests.push_back(rollover(name));
      break;
  }
  return step;
}

}  // namespace

Result<void> plan_data_streams(StoreClient& client, const json::object& assets,
                               std::vector<Step>& steps) {
  for (const auto& entry : part(assets, "data_streams")) {
    if (!entry.value().is_object()) continue;
    const std::string stem(entry.key());
    const auto found = look_up(client, "/_data_stream/" + stem + "-*", "listing data streams");
    if (!found) return found.error();
    if (!*found) continue;
    const json::value* list = (*found)->if_contains("data_streams");
    if (list == nullptr || !list->is_array()) continue;
    for (const json::value& one : list->get_array()) {
      if (!one.is_object()) continue;
      const std::string name = text_in(one.get_object(), "name");
      const std::string index = write_index(one.get_object());
      if (name.empty() || index.empty()) continue;
      auto step = step_for(client, assets, name, index, entry.value().get_object());
      if (!step) return step.error();
      steps.push_back(std::move(*step));
    }
  }
  return {};
}

}  // namespace anthropic_metrics::host
