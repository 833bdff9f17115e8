// SPDX-License-Identifier: Apache-2.0
#include "directory.hpp"

#include <algorithm>

#include "lists.hpp"

namespace anthropic_metrics::simulator {
namespace {

std::string time_text(const std::optional<Instant>& time) {
  return json_text(time ? format_rfc3339(*time) : "");
}

std::string workspace_text(const WorkspaceEntry& entry, bool second_version) {
  std::string geos = "\"unrestricted\"";
  if (!entry.allowed_inference_geos.empty()) {
    geos = "[";
    for (const std::string& geo : entry.allowed_inference_geos) geos += json_text(geo) + ",";
    geos.back() = ']';
  }
  std::string tags;
  for (const auto& [key, value] : entry.tags)
    tags += (tags.empty() ? "" : ",") + json_text(key) + ":" + json_text(value);
  std::string text = "{\"id\":" + json_text(entry.id) +
                     ",\"type\":\"workspace\",\"name\":" + json_text(entry.name) +
                     ",\"created_at\":" + time_text(entry.created_at) +
                     ",\"archived_at\":" + time_text(entry.archived_at) +
                     ",\"display_color\":" + json_text(entry.display_color) +
                     R"(,"data_residency":{"workspace_geo":"us","default_inference_geo":)" +
                     json_text(entry.default_inference_geo) +
                     ",\"allowed_inference_geos\":" + geos + "},\"tags\":{" + tags +
                     "},\"compartment_id\":\"cmp_" + entry.id.substr(entry.id.size() - 8) +
                     "\",\"external_key_id\":null";
  if (second_version) text += ",\"user_profile_id\":null";
  return text + "}";
}

std::string api_key_text(const KeyEntry& entry, const DirectoryView& view) {
  std::string creator = "null";
  if (!entry.created_by_id.empty()) {
    creator = "{\"id\":" + json_text(entry.created_by_id) +
              ",\"type\":" + json_text(entry.created_by_type) + "}";
  }
  std::string principal = "null";
  if (!entry.principal_id.empty()) {
    const bool user = entry.principal_type == "user_actor";
    principal = "{\"type\":" + json_text(entry.principal_type) +
                (user ? ",\"user_id\":" : ",\"service_account_id\":") +
                json_text(entry.principal_id) + "}";
  }
  std::string scope = R"({"type":"organization"})";
  if (entry.workspace) {
    scope = R"({"type":"workspace","workspace_id":)" +
            json_text(view.organization.workspaces[*entry.workspace].id) + "}";
  }
  std::string text = "{\"id\":" + json_text(entry.id) +
                     ",\"type\":\"api_key\",\"name\":" + json_text(entry.name) +
                     ",\"status\":" + json_text(entry.status);
  if (!view.second_version) {
    // Here the default workspace is null, beside its real id in `scope`.
    const bool named = entry.workspace.value_or(0) != 0;
    text += ",\"workspace_id\":" +
            json_text(named ? view.organization.workspaces[*entry.workspace].id : "");
  }
  return text + ",\"created_at\":" + time_text(entry.created_at) + ",\"created_by\":" + creator +
         ",\"principal\":" + principal + ",\"scope\":" + scope +
         ",\"expires_at\":" + time_text(entry.expires_at) +
         R"(,"partial_key_hint":"sk-ant-api03-sim...)" + entry.id.substr(entry.id.size() - 4) +
         "\"}";
}

std::string user_text(const UserEntry& entry) {
  return "{\"id\":" + json_text(entry.id) +
         ",\"type\":\"user\",\"email\":" + json_text(entry.email) +
         ",\"name\":" + json_text(entry.name) + ",\"role\":" + json_text(entry.role) +
         ",\"added_at\":" + time_text(entry.added_at) + "}";
}

std::string service_account_text(const ServiceAccountEntry& entry) {
  return "{\"id\":" + json_text(entry.id) +
         ",\"type\":\"service_account\",\"name\":" + json_text(entry.name) +
         ",\"description\":" + json_text(entry.description) +
         ",\"organization_role\":" + json_text(entry.role) +
         ",\"created_at\":" + time_text(entry.created_at) +
         ",\"archived_at\":" + time_text(entry.archived_at) + "}";
}

std::vector<std::string_view> all(const Target& target, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : target.parameters)
    if (key == name) values.push_back(value);
  return values;
}

bool contains(const std::vector<std::string_view>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::string organization_body(const Organization& organization) {
  return "{\"id\":" + json_text(organization.id) +
         ",\"type\":\"organization\",\"name\":" + json_text(organization.name) + "}";
}

Result<std::string> workspaces_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"limit", "after_id", "before_id", "include_archived",
                                        "include_default", "ids[]"})) {
    return *error;
  }
  const auto archived = parse_flag(target, "include_archived");
  if (!archived) return archived.error();
  const auto with_default = parse_flag(target, "include_default");
  if (!with_default) return with_default.error();
  const auto ids = all(target, "ids[]");
  if (ids.size() > 100) return invalid("ids: List should have at most 100 items");
  std::vector<Item> items;
  for (const WorkspaceEntry& entry : workspaces_at(view.options, view.organization, view.now)) {
    if (entry.is_default && !*with_default) continue;
    if (entry.archived_at && !*archived) continue;
    if (!ids.empty() && !contains(ids, entry.id)) continue;
    items.push_back({entry.id, workspace_text(entry, view.second_version)});
  }
  return id_page(items, target);
}

Result<std::string> workspace_body(const DirectoryView& view, std::string_view id) {
  for (const WorkspaceEntry& entry : workspaces_at(view.options, view.organization, view.now))
    if (entry.id == id) return workspace_text(entry, view.second_version);
  return not_found("workspace: Not found");
}

Result<std::string> api_keys_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"limit", "after_id", "before_id", "status", "workspace_id",
                                        "created_by_user_id"})) {
    return *error;
  }
  const auto status = target.find("status");
  if (status && !contains({"active", "inactive", "archived", "expired"}, *status))
    return invalid("status: Input should be 'active', 'inactive', 'archived' or 'expired'");
  const auto workspace = target.find("workspace_id");
  const auto creator = target.find("created_by_user_id");
  std::vector<Item> items;
  for (const KeyEntry& entry : keys_at(view.options, view.organization, view.now)) {
    if (creator && (entry.created_by_type != "user" || entry.created_by_id != *creator)) continue;
    if (status && entry.status != *status) continue;
    if (workspace &&
        (!entry.workspace || view.organization.workspaces[*entry.workspace].id != *workspace)) {
      continue;
    }
    items.push_back({entry.id, api_key_text(entry, view)});
  }
  return id_page(items, target);
}

Result<std::string> users_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"limit", "after_id", "before_id", "email", "roles[]"})) {
    return *error;
  }
  const auto email = target.find("email");
  const auto roles = all(target, "roles[]");
  std::vector<Item> items;
  for (const UserEntry& entry : users_at(view.options, view.now)) {
    if (email && entry.email != *email) continue;
    if (!roles.empty() && !contains(roles, entry.role)) continue;
    items.push_back({entry.id, user_text(entry)});
  }
  return id_page(items, target);
}

Result<std::string> service_accounts_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"limit", "page", "include_archived"})) return *error;
  const auto archived = parse_flag(target, "include_archived");
  if (!archived) return archived.error();
  std::vector<std::string> texts;
  for (const ServiceAccountEntry& entry : service_accounts_at(view.options, view.now))
    if (*archived || !entry.archived_at) texts.push_back(service_account_text(entry));
  return token_page(texts, target, 20);
}

}  // namespace anthropic_metrics::simulator
