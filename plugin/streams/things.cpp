// SPDX-License-Identifier: Apache-2.0
#include "streams/things.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

#include "base/json_writer.hpp"

namespace anthropic_metrics::streams {

namespace json = boost::json;

ListEndpoint list_of_things(std::string_view path, std::string_view entries,
                            const StreamSettings& settings, std::string_view api_version) {
  ListEndpoint list;
  list.path = path;
  list.headers = {{"anthropic-version", std::string(api_version)}};
  list.paging = Paging::after_id;
  list.entries = entries;
  list.most_entries = 1000;
  list.keep_original = settings.preserve_original_event;
  return list;
}

bool read_id(ListEntry& entry, std::size_t column) {
  entry.text(column, "id");
  if (entry.has(column) && !entry.view(column).empty()) return true;
  if (entry.odd().empty()) entry.odd(".id", "is missing");
  return false;
}

std::string_view state_by(ListEntry& entry, std::string_view path) {
  const json::value* value = entry.object("").if_contains(path);
  return value == nullptr || value->is_null() ? "live" : "archived";
}

bool is_default_workspace(std::string_view name, std::string_view state) {
  return name == "Default" && state == "live";
}

void read_tags(ListEntry& entry, std::size_t column, std::string_view path) {
  std::map<std::string_view, std::string_view> tags;
  for (const auto& tag : entry.object(path)) {
    const std::string_view key = tag.key();
    if (const json::string* text = tag.value().if_string())
      tags.emplace(key, std::string_view(*text));
    else if (!tag.value().is_null())
      entry.odd(fmt::format(".{}.{}", path, key), "expected a string");
  }
  if (tags.empty()) return;
  JsonWriter out;
  out.open('[');
  for (const auto& [key, value] : tags) out.string(fmt::format("{}:{}", key, value));
  out.close(']');
  entry.keep(column, out.text());
}

}  // namespace anthropic_metrics::streams
