// SPDX-License-Identifier: Apache-2.0
// rate_limit: the limits in force, GET /v1/organizations/rate_limits for the organization, and of
// each live workspace GET /v1/organizations/workspaces/{id}/rate_limits, with what it inherits.
// Every poll is the full current configuration, one document per group. Ceilings, not consumption.
// Normally one page; next_page is followed when it is there.
//
// Of a workspace the lower of its own value and the organization's is in force, for each limiter by
// itself: a value that is set above the organization's has no effect.
//
// API: https://platform.claude.com/docs/en/api/admin-api/rate-limits/list-organization-rate-limits,
// https://platform.claude.com/docs/en/api/admin-api/rate-limits/list-workspace-rate-limits
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "streams/list.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/rate_limits";
constexpr std::string_view workspace_endpoint = "/v1/organizations/workspaces/{id}/rate_limits";

/// Places of a row. `identity` is in the id but not in the document: the group's own id where the
/// API gives one, else its type and position, because names and model lists change; of a workspace
/// its id stands before it.
enum Column : std::size_t {
  identity,
  type,
  group_type,
  group_id,
  group_name,
  models,
  limits,
  scope,
  workspace_id
};

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "identity", .field = ""},
      {.name = "type", .field = "type", .identity = false},
      {.name = "group_type", .field = "group_type", .identity = false},
      {.name = "group_id", .field = "group_id", .identity = false},
      {.name = "group_name", .field = "group_name", .identity = false},
      {.name = "models", .field = "models", .json = true, .identity = false},
      {.name = "limits", .field = "limits", .json = true, .identity = false},
      {.name = "scope", .field = "scope", .identity = false},
      {.name = "workspace_id", .field = "workspace_id", .identity = false},
  };
  // A new name of the API stays in limits only: it never becomes a field by itself.
  for (const char* name :
       {"requests_per_minute", "input_tokens_per_minute", "input_tokens_per_minute_cache_aware",
        "output_tokens_per_minute", "enqueued_batch_requests", "fast_itpmca", "fast_otpm",
        "tokens_per_minute", "tokens_per_day", "tool_uses_per_second"})
    layout.counts.push_back({name, name, false});
  return layout;
}

/// A limit as it stands in an entry: its members, and where it is.
struct Limit {
  const json::object& members;
  std::string_view written;
  std::string place;

  /// A whole number; nothing if it is null, absent, or odd, which is told.
  std::optional<std::int64_t> number(ListEntry& entry, std::string_view name) const {
    const json::value* value = members.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return entry.whole(*value, json_member(written, name), fmt::format("{}.{}", place, name));
  }
};

void put(JsonWriter& out, std::string_view name, std::optional<std::int64_t> number) {
  if (!number) return;
  out.key(name);
  out.literal(std::to_string(*number));
}

/// Where a workspace's limit comes from, {"type": "workspace"}; empty if the API does not say it,
/// as before September 2026.
std::string source_of(ListEntry& entry, const Limit& limit) {
  const json::value* source = limit.members.if_contains("source");
  if (source == nullptr || source->is_null()) return {};
  const json::object* object = source->if_object();
  const json::value* type = object != nullptr ? object->if_contains("type") : nullptr;
  if (type != nullptr && type->is_string()) return std::string(type->get_string());
  entry.odd(limit.place + ".source", "expected an object with a type");
  return {};
}

/// One limit: into `out`, and into the count of its name if there is one.
void read_limit(ListEntry& entry, const Limit& limit, bool of_workspace, JsonWriter& out) {
  const json::value* kind = limit.members.if_contains("type");
  if (kind == nullptr || !kind->is_string())
    return entry.odd(limit.place + ".type", "expected a string");
  const auto value = limit.number(entry, "value");
  // Null: the organization has no ceiling of that kind.
  const auto above = of_workspace ? limit.number(entry, "org_limit") : std::nullopt;
  if (!value) return;  // No ceiling of that kind.
  const std::int64_t effective = above ? std::min(*value, *above) : *value;
  out.open('{');
  if (of_workspace) put(out, "effective", effective);
  put(out, "organization_value", above);
  if (const auto source = of_workspace ? source_of(entry, limit) : ""; !source.empty()) {
    out.key("source");
    out.string(source);
  }
  out.key("type");
  out.string(kind->get_string());
  put(out, "value", value);
  out.close('}');
  const auto& counts = entry.layout().counts;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c].path != std::string_view(kind->get_string())) continue;
    entry.row().counts[c] = effective;
    entry.row().counts_present |= 1u << c;
  }
}

void read_limits(ListEntry& entry, bool of_workspace) {
  const json::value* value = entry.object("").if_contains("limits");
  const json::array* list = value != nullptr ? value->if_array() : nullptr;
  if (list == nullptr) entry.odd(".limits", "expected an array");
  const auto written = json_elements(json_member(entry.written(), "limits"));
  JsonWriter out;
  out.open('[');
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string place = fmt::format(".limits[{}]", i);
    if (const json::object* limit = (*list)[i].if_object())
      read_limit(entry, {*limit, i < written.size() ? written[i] : "", place}, of_workspace, out);
    else
      entry.odd(place, "expected an object");
  }
  out.close(']');
  entry.keep(limits, out.text());
}

/// Groups without an id of their own so far, by their type.
using Unnamed = std::map<std::string, int>;

/// What is odd in an entry's limits is left out and told; what is odd in what names it makes it
/// unreadable, because nobody could say whose limits these are. workspace: whose they are; empty:
/// the organization's.
bool read(ListEntry& entry, const std::string& workspace, Unnamed& unnamed) {
  entry.object("group");  // If it is odd, that is the first thing to tell.
  entry.text(type, "type");
  entry.text(group_id, "group.id");
  entry.text(group_name, "group.display_name");
  entry.text(identity, workspace.empty() ? "id" : "rate_limit_id");
  entry.text(group_type, "group_type");  // Gone in the API's version 2026-10-21.
  if (!entry.has(group_type)) entry.text(group_type, "group.type");
  entry.strings(models, "models");
  entry.text(workspace_id, "workspace_id");
  if (entry.has(workspace_id) && entry.view(workspace_id) != workspace)
    entry.odd(".workspace_id", "is not the workspace that was asked for");
  if (!entry.odd().empty()) return false;
  read_limits(entry, !workspace.empty());

  if (entry.has(group_id)) entry.row().texts[identity] = entry.row().texts[group_id];
  if (!entry.has(identity)) {
    const std::string kind(entry.view(group_type));
    entry.keep(identity, fmt::format("{}#{}", kind, unnamed[kind]++));
  }
  entry.keep(scope, workspace.empty() ? "organization" : "workspace");
  if (workspace.empty()) return true;
  entry.keep(identity, fmt::format("{}/{}", workspace, entry.view(identity)));
  entry.keep(workspace_id, workspace);
  return true;
}

ListEndpoint list(std::string path, std::string_view api_version, std::string workspace) {
  ListEndpoint list;
  list.path = std::move(path);
  list.headers = {{"anthropic-version", std::string(api_version)}};
  list.entries = "rate limits";
  list.reader = [workspace = std::move(workspace)] {
    return [workspace, unnamed = Unnamed{}](ListEntry& entry) mutable {
      return read(entry, workspace, unnamed);
    };
  };
  return list;
}

std::unique_ptr<Fetcher> make(const StreamSettings&, std::string_view api_version) {
  ListEndpoint whole = list(std::string(endpoint), api_version, "");
  whole.of_workspace = [version = std::string(api_version)](std::string_view id) {
    ListEndpoint part = list(fmt::format("/v1/organizations/workspaces/{}/rate_limits", id),
                             version, std::string(id));
    part.parameters = {{"include_inherited", "true"}};
    return part;
  };
  return make_list_fetcher(std::move(whole), make_layout());
}

const Registration registration({
    .name = "rate_limit",
    .title = "Rate limits",
    .description = "The limits in force for the organization and for each live workspace, one "
                   "document per group and poll.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .more_paths = {workspace_endpoint},
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
