// SPDX-License-Identifier: Apache-2.0
// workspace: the organization's workspaces, archived ones too, GET /v1/organizations/workspaces.
// Every poll is the full list, paged by id; a document per workspace that changed, and one a day.
// In memory they name the workspaces of the other streams.
//
// API: https://platform.claude.com/docs/en/api/admin-api/workspaces/list-workspaces
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>

#include "streams/list.hpp"
#include "streams/registry.hpp"
#include "streams/things.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/workspaces";

enum Column : std::size_t {
  id,
  name,
  state,
  created_at,
  archived_at,
  tags,
  is_default,
  workspace_geo,
  default_inference_geo,
  allowed_inference_geos,
  display_color
};

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "id", .field = "id"},
      {.name = "name", .field = "name", .identity = false},
      {.name = "state", .field = "state", .identity = false},
      {.name = "created_at", .field = "created_at", .identity = false},
      {.name = "archived_at", .field = "archived_at", .identity = false},
      {.name = "tags", .field = "tags", .json = true, .identity = false},
      {.name = "is_default", .field = "is_default", .json = true, .identity = false},
      {.name = "data_residency.workspace_geo", .field = "workspace_geo", .identity = false},
      {.name = "data_residency.default_inference_geo",
       .field = "default_inference_geo",
       .identity = false},
      {.name = "data_residency.allowed_inference_geos",
       .field = "allowed_inference_geos",
       .json = true,
       .identity = false},
      {.name = "display_color", .field = "display_color", .identity = false},
  };
  layout.never_kept = {"compartment_id", "external_key_id"};
  return layout;
}

/// The list of places, or the one word "unrestricted".
void read_geos(ListEntry& entry) {
  const json::value* value = entry.object("data_residency").if_contains("allowed_inference_geos");
  const json::string* word = value != nullptr ? value->if_string() : nullptr;
  if (word == nullptr)
    return entry.strings(allowed_inference_geos, "data_residency.allowed_inference_geos");
  entry.keep(allowed_inference_geos, json::serialize(json::array{*word}));
}

bool read(ListEntry& entry) {
  if (!read_id(entry, id)) return false;
  entry.text(name, "name");
  entry.time(created_at, "created_at");
  entry.time(archived_at, "archived_at");
  entry.keep(state, state_by(entry, "archived_at"));
  if (entry.has(name))
    entry.keep(is_default,
               is_default_workspace(entry.view(name), entry.view(state)) ? "true" : "false");
  read_tags(entry, tags, "tags");
  entry.text(workspace_geo, "data_residency.workspace_geo");
  entry.text(default_inference_geo, "data_residency.default_inference_geo");
  read_geos(entry);
  entry.text(display_color, "display_color");
  return true;
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  ListEndpoint list = list_of_things(endpoint, "workspaces", settings, api_version);
  list.parameters = {{"include_archived", "true"}, {"include_default", "true"}};
  list.reader = [] { return EntryReader(read); };
  return make_list_fetcher(std::move(list), make_layout());
}

const Registration registration({
    .name = "workspace",
    .title = "Workspaces",
    .description =
        "Names, tags and state of the workspaces: a document when one changed, and one a day.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .entities = true,
    .names = "workspace_id",
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
