// SPDX-License-Identifier: Apache-2.0
#include "directory.hpp"

#include <algorithm>
#include <functional>

#include "paging.hpp"
#include "rate_limit_data.hpp"
#include "reports.hpp"

namespace anthropic_metrics::simulator {
namespace {

ApiError not_found(std::string message) {
  return {404, "not_found_error", std::move(message)};
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

std::string workspace_text(const Workspace& workspace) {
  return "{\"id\":" + json_text(workspace.id) +
         ",\"type\":\"workspace\",\"name\":" + json_text(workspace.name) +
         ",\"created_at\":" + json_text(format_rfc3339(workspace.created_at)) +
         ",\"archived_at\":" +
         json_text(workspace.archived_at ? format_rfc3339(*workspace.archived_at) : "") +
         R"(,"display_color":"#6C5BB9","data_residency":{"workspace_geo":"us","default_inference_geo":"global",)"
         R"("allowed_inference_geos":"unrestricted"},"tags":{},"compartment_id":null,"external_key_id":null})";
}

std::string api_key_text(const ApiKey& key, const Organization& organization) {
  return "{\"id\":" + json_text(key.id) + ",\"type\":\"api_key\",\"name\":" + json_text(key.name) +
         ",\"status\":" + json_text(key.status) + ",\"workspace_id\":" +
         json_text(key.workspace == 0 ? "" : organization.workspaces[key.workspace].id) +
         ",\"created_at\":" + json_text(format_rfc3339(key.created_at)) +
         R"(,"created_by":null,"principal":null,"expires_at":null,"partial_key_hint":"sk-ant-api03-sim...)" +
         key.id.substr(key.id.size() - 4) + "\"}";
}

struct Item {
  std::string id;
  std::string text;
};

/// The older cursor scheme: `limit`, `after_id` or `before_id`; `has_more` looks in the direction
/// of travel.
Result<std::string> id_page(const std::vector<Item>& items, const Target& target) {
  const auto limit = parse_list_limit(target, 20);
  if (!limit) return limit.error();
  const auto after = target.find("after_id");
  const auto before = target.find("before_id");
  if (after && before) return invalid("before_id: Input should not be combined with after_id");
  auto position = [&](std::string_view id) {
    return static_cast<std::size_t>(
        std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.id == id; }) -
        items.begin());
  };
  std::size_t begin = 0;
  std::size_t end = 0;
  if (before) {
    end = position(*before);
    if (end == items.size()) return invalid("before_id: Input should be the id of an item");
    begin = end > *limit ? end - *limit : 0;
  } else {
    if (after) begin = position(*after) + 1;
    if (begin > items.size()) return invalid("after_id: Input should be the id of an item");
    end = std::min(items.size(), begin + *limit);
  }
  std::string body = "{\"data\":[";
  for (std::size_t i = begin; i < end; ++i) {
    if (i != begin) body += ',';
    body += items[i].text;
  }
  const bool more = before ? begin > 0 : end < items.size();
  body += more ? "],\"has_more\":true" : "],\"has_more\":false";
  body += ",\"first_id\":" + json_text(begin < end ? items[begin].id : "");
  body += ",\"last_id\":" + json_text(begin < end ? items[end - 1].id : "") + "}";
  return body;
}

/// Filters that both lists of limits share, then numbered pages; without `limit` everything is on
/// one page.
Result<std::string> rate_limit_page(std::vector<RateLimit> limits, const Target& target,
                                    std::string_view workspace_id, bool group_type_sent) {
  if (const auto type = target.find("group_type")) {
    static constexpr std::array<std::string_view, 6> known{"model_group", "batch",  "token_count",
                                                           "files",       "skills", "web_search"};
    if (std::find(known.begin(), known.end(), *type) == known.end()) {
      return invalid(
          "group_type: Input should be 'model_group', 'batch', 'token_count', 'files', 'skills' or "
          "'web_search'");
    }
    std::erase_if(limits, [&](const RateLimit& limit) { return limit.group_type != *type; });
  }
  if (const auto model = target.find("model")) {
    std::erase_if(limits, [&](const RateLimit& limit) {
      return std::find(limit.models.begin(), limit.models.end(), *model) == limit.models.end();
    });
    if (limits.empty()) return not_found("model: No rate limits found for this model");
  }
  const auto limit = parse_list_limit(target, 1000);
  if (!limit) return limit.error();
  std::size_t begin = 0;
  if (const auto page = target.find("page")) {
    const auto offset = parse_list_token(*page, target.binding());
    if (!offset || *offset > limits.size())
      return invalid("page: Invalid page token, or the query changed since it was issued");
    begin = *offset;
  }
  const std::size_t end =
      target.find("limit") ? std::min(limits.size(), begin + *limit) : limits.size();
  std::string body = "{\"data\":[";
  for (std::size_t i = begin; i < end; ++i) {
    if (i != begin) body += ',';
    append_rate_limit(body, limits[i], workspace_id, group_type_sent);
  }
  body += "],\"next_page\":";
  body += end < limits.size() ? json_text(make_list_token(end, target.binding())) : "null";
  body += '}';
  return body;
}

}  // namespace

std::string organization_body(const Organization& organization) {
  return "{\"id\":" + json_text(organization.id) +
         ",\"type\":\"organization\",\"name\":" + json_text(organization.name) + "}";
}

Result<std::string> workspaces_body(const Organization& organization, const Target& target) {
  if (auto error = check_names(target, {"limit", "after_id", "before_id", "include_archived"}))
    return *error;
  const bool archived = target.find("include_archived") == "true";
  std::vector<Item> items;
  for (std::size_t i = 1; i < organization.workspaces.size(); ++i) {
    const Workspace& workspace = organization.workspaces[i];
    if (archived || !workspace.archived_at)
      items.push_back({workspace.id, workspace_text(workspace)});
  }
  return id_page(items, target);
}

Result<std::string> workspace_body(const Organization& organization, std::string_view id) {
  for (const Workspace& workspace : organization.workspaces) {
    if (workspace.id == id) return workspace_text(workspace);
  }
  return not_found("workspace: Not found");
}

Result<std::string> api_keys_body(const Organization& organization, const Target& target) {
  if (auto error = check_names(target, {"limit", "after_id", "before_id", "status", "workspace_id",
                                        "created_by_user_id"})) {
    return *error;
  }
  const auto status = target.find("status");
  static constexpr std::array<std::string_view, 4> statuses{"active", "inactive", "archived",
                                                            "expired"};
  if (status && std::find(statuses.begin(), statuses.end(), *status) == statuses.end()) {
    return invalid("status: Input should be 'active', 'inactive', 'archived' or 'expired'");
  }
  const auto workspace = target.find("workspace_id");
  std::vector<Item> items;
  for (const ApiKey& key : organization.api_keys) {
    if (target.find("created_by_user_id")) continue;  // keys of the simulation have no creator
    if (status && key.status != *status) continue;
    if (workspace && organization.workspaces[key.workspace].id != *workspace) continue;
    items.push_back({key.id, api_key_text(key, organization)});
  }
  return id_page(items, target);
}

Result<std::string> rate_limits_body(const Options& options, const Target& target, Instant now,
                                     bool group_type_sent) {
  if (auto error = check_names(target, {"group_type", "model", "limit", "page"})) return *error;
  return rate_limit_page(organization_rate_limits(options, now), target, "", group_type_sent);
}

Result<std::string> workspace_rate_limits_body(const Options& options,
                                               const Organization& organization,
                                               std::string_view id, const Target& target,
                                               Instant now, bool group_type_sent) {
  if (auto error = check_names(target, {"group_type", "include_inherited", "limit", "page"}))
    return *error;
  for (std::size_t i = 0; i < organization.workspaces.size(); ++i) {
    if (organization.workspaces[i].id != id) continue;
    // The default workspace cannot carry overrides.
    auto limits =
        i == 0 ? std::vector<RateLimit>{}
               : workspace_rate_limits(options, i, now, target.find("include_inherited") == "true");
    return rate_limit_page(std::move(limits), target, id, group_type_sent);
  }
  return not_found("workspace: Not found");
}

}  // namespace anthropic_metrics::simulator
