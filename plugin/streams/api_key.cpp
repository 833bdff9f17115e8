// SPDX-License-Identifier: Apache-2.0
// api_key: the organization's API keys in every state, GET /v1/organizations/api_keys. Every poll
// is the full list, paged by id; a document per key that changed, and one a day. In memory they
// name the keys of the other streams. No part of a key is kept.
//
// API: https://platform.claude.com/docs/en/api/admin-api/apikeys/list-api-keys
#include <string>
#include <utility>

#include "streams/list.hpp"
#include "streams/registry.hpp"
#include "streams/things.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint = "/v1/organizations/api_keys";

enum Column : std::size_t {
  id,
  name,
  status,
  created_at,
  expires_at,
  created_by_id,
  created_by_type,
  principal_id,
  principal_type,
  scope,
  workspace_id
};

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "id", .field = "id"},
      {.name = "name", .field = "name", .identity = false},
      {.name = "status", .field = "status", .identity = false},
      {.name = "created_at", .field = "created_at", .identity = false},
      {.name = "expires_at", .field = "expires_at", .identity = false},
      {.name = "created_by.id", .field = "created_by_id", .identity = false},
      {.name = "created_by.type", .field = "created_by_type", .identity = false},
      {.name = "principal.user_id", .field = "principal_id", .identity = false},
      {.name = "principal.type", .field = "principal_type", .identity = false},
      {.name = "scope.type", .field = "scope", .identity = false},
      {.name = "scope.workspace_id", .field = "workspace_id", .identity = false},
  };
  layout.never_kept = {"partial_key_hint"};
  return layout;
}

bool read(ListEntry& entry) {
  if (!read_id(entry, id)) return false;
  entry.text(name, "name");
  entry.text(status, "status");
  entry.time(created_at, "created_at");
  entry.time(expires_at, "expires_at");
  entry.text(created_by_id, "created_by.id");
  entry.text(created_by_type, "created_by.type");
  entry.text(principal_type, "principal.type");
  entry.text(principal_id, "principal.user_id");
  if (!entry.has(principal_id)) entry.text(principal_id, "principal.service_account_id");
  entry.text(scope, "scope.type");
  entry.text(workspace_id, "scope.workspace_id");
  // Older versions of the API had it beside the scope, or instead of one.
  if (!entry.has(workspace_id)) entry.text(workspace_id, "workspace_id");
  if (!entry.has(scope) && entry.has(workspace_id)) entry.keep(scope, "workspace");
  return true;
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  ListEndpoint list = list_of_things(endpoint, "API keys", settings, api_version);
  list.reader = [] { return EntryReader(read); };
  return make_list_fetcher(std::move(list), make_layout());
}

const Registration registration({
    .name = "api_key",
    .title = "API keys",
    .description = "Names, state, expiry and creators of the API keys: a document when one "
                   "changed, and one a day.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .entities = true,
    .names = "api_key_id",
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
