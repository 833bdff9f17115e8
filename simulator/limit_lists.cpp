// SPDX-License-Identifier: Apache-2.0
#include "limit_lists.hpp"

#include <algorithm>
#include <array>

#include "lists.hpp"
#include "rate_limit_data.hpp"
#include "reports.hpp"
#include "spend_limit_data.hpp"

namespace anthropic_metrics::simulator {
namespace {

/// Filters that both lists of limits share.
Result<std::string> rate_limit_page(std::vector<RateLimit> limits, const Target& target,
                                    std::string_view workspace_id, const DirectoryView& view) {
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
  std::vector<std::string> texts;
  const LimitForm form{!view.second_version, view.now >= sources_are_sent};
  for (const RateLimit& limit : limits)
    append_rate_limit(texts.emplace_back(), limit, workspace_id, form);
  return token_page(texts, target, 0);
}

std::string spend_limit_text(const SpendLimit& limit) {
  std::string scope = "{\"type\":" + json_text(limit.scope);
  if (!limit.scope_member.empty())
    scope += ",\"" + std::string(limit.scope_member) + "\":" + json_text(limit.scope_value);
  return "{\"id\":" + json_text(limit.id) +
         ",\"type\":\"spend_limit\",\"amount\":" + json_text(limit.amount) +
         ",\"currency\":" + json_text(limit.currency) + ",\"period\":" + json_text(limit.period) +
         ",\"is_enabled\":" + (limit.enabled ? "true" : "false") + ",\"scope\":" + scope +
         "},\"created_at\":" + json_text(format_rfc3339(limit.created_at)) +
         ",\"updated_at\":" + json_text(format_rfc3339(limit.updated_at)) + "}";
}

}  // namespace

Result<std::string> rate_limits_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"group_type", "model", "limit", "page"})) return *error;
  return rate_limit_page(organization_rate_limits(view.options, view.now), target, "", view);
}

Result<std::string> workspace_rate_limits_body(const DirectoryView& view, std::string_view id,
                                               const Target& target) {
  if (auto error = check_names(target, {"group_type", "include_inherited", "limit", "page"}))
    return *error;
  const auto inherited = parse_flag(target, "include_inherited");
  if (!inherited) return inherited.error();
  for (std::size_t i = 0; i < view.organization.workspaces.size(); ++i) {
    if (view.organization.workspaces[i].id != id) continue;
    return rate_limit_page(workspace_rate_limits(view.options, i, view.now, *inherited), target, id,
                           view);
  }
  return not_found("workspace: Not found");
}

Result<std::string> spend_limits_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"scope_type[]", "workspace_id", "limit", "page"}))
    return *error;
  static constexpr std::array<std::string_view, 7> known{
      "organization", "organization_service", "rbac_group", "seat_tier", "usage_tier", "user",
      "workspace"};
  std::vector<std::string_view> wanted;
  for (const auto& [name, value] : target.parameters) {
    if (name != "scope_type[]") continue;
    if (std::find(known.begin(), known.end(), value) == known.end())
      return invalid("scope_type: Input is not a known scope type");
    if (!spend_scope_fits(view.options, value))
      return invalid("scope_type: '" + value + "' does not apply to this organization");
    wanted.push_back(value);
  }
  const auto workspace = target.find("workspace_id");
  if (workspace && !spend_scope_fits(view.options, "workspace"))
    return invalid("workspace_id: does not apply to this organization");
  std::vector<std::string> texts;
  for (const SpendLimit& limit : spend_limits_at(view.options, view.organization, view.now)) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), limit.scope) == wanted.end())
      continue;
    if (workspace && limit.scope_value != *workspace) continue;
    texts.push_back(spend_limit_text(limit));
  }
  return token_page(texts, target, 20);
}

}  // namespace anthropic_metrics::simulator
