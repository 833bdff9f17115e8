// SPDX-License-Identifier: Apache-2.0
#include "endpoints.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace anthropic_metrics::simulator {
namespace {

constexpr std::string_view analytics_beta = "analytics-usage-cost-2026-08-24";
constexpr std::string_view spend_limits_beta = "spend-limit-reads-2026-09-26";

constexpr std::array<Endpoint, 16> table{{
    {EndpointId::usage_report, "usage_report/messages"},
    {EndpointId::cost_report, "cost_report"},
    {EndpointId::rate_limits, "rate_limits"},
    {EndpointId::organization, "me", true, true, {}, true, true},
    {EndpointId::workspaces, "workspaces"},
    {EndpointId::api_keys, "api_keys"},
    {EndpointId::users, "users", true, true, "read:members", true, true},
    {EndpointId::service_accounts, "service_accounts", false, true},
    {EndpointId::claude_code, "usage_report/claude_code"},
    {EndpointId::analytics_usage, "analytics/usage", true, true, "read:analytics", true, true,
     analytics_beta},
    {EndpointId::analytics_cost, "analytics/cost", true, true, "read:analytics", true, true,
     analytics_beta},
    {EndpointId::analytics_users, "analytics/users", false, false, "read:analytics", false, true},
    {EndpointId::analytics_summaries, "analytics/summaries", false, false, "read:analytics", false,
     true},
    {EndpointId::spend_limits, "spend_limits", true, true, "read:spend_limits", true, true,
     spend_limits_beta},
    {EndpointId::one_workspace, "workspaces/*"},
    {EndpointId::workspace_rate_limits, "workspaces/*/rate_limits"},
}};

bool names_beta(const Request& request, std::string_view beta) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
    return find_header({header}, "anthropic-beta") && header.second.find(beta) != std::string::npos;
  });
}

ApiError not_permitted(std::string message) {
  return {403, "permission_error", std::move(message)};
}

std::string join(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) text += (text.empty() ? "" : ", ") + scope;
  return text.empty() ? "none" : text;
}

bool holds(const Options& options, std::string_view scope) {
  const auto& scopes = options.enterprise_scopes;
  const auto has = [&](std::string_view one) {
    return std::find(scopes.begin(), scopes.end(), one) != scopes.end();
  };
  return !scope.empty() && (has(scope) || (scope == "read:members" && has("read:org_audit")));
}

bool offered(const Endpoint& endpoint, const Options& options) {
  switch (options.kind) {
    case OrganizationKind::console:
      return endpoint.console && (endpoint.id != EndpointId::spend_limits || options.spend_limits);
    case OrganizationKind::enterprise:
      return endpoint.enterprise;
    case OrganizationKind::any:
      break;
  }
  return true;
}

}  // namespace

std::span<const Endpoint> endpoints() {
  return table;
}

std::optional<Route> find_route(std::string_view path) {
  if (!path.starts_with(endpoint_root)) return std::nullopt;
  path.remove_prefix(endpoint_root.size());
  for (const Endpoint& endpoint : table) {
    const auto star = endpoint.below.find('*');
    if (star == std::string_view::npos) {
      if (path == endpoint.below) return Route{&endpoint, {}};
      continue;
    }
    const auto before = endpoint.below.substr(0, star);
    const auto after = endpoint.below.substr(star + 1);
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
        !path.ends_with(after)) {
      continue;
    }
    const auto id = path.substr(before.size(), path.size() - before.size() - after.size());
    if (id.find('/') == std::string_view::npos) return Route{&endpoint, id};
  }
  return std::nullopt;
}

Result<Credential> authenticate(const Request& request, const Options& options) {
  if (const auto authorization = find_header(request.headers, "authorization")) {
    constexpr std::string_view scheme = "Bearer ";
    if (authorization->starts_with(scheme) &&
        authorization->substr(scheme.size()) == options.oauth_token) {
      return Credential::oauth;
    }
    return ApiError{401, "authentication_error", "invalid bearer token"};
  }
  const auto key = find_header(request.headers, "x-api-key");
  if (!key) return ApiError{401, "authentication_error", "x-api-key header is required"};
  if (*key == options.admin_key) return Credential::admin;
  if (*key == options.enterprise_key) return Credential::enterprise;
  if (key->starts_with("sk-ant-api")) {
    return not_permitted(
        "This endpoint requires an Admin API key with organization admin permission");
  }
  return ApiError{401, "authentication_error", "invalid x-api-key"};
}

std::optional<ApiError> refused(const Endpoint& endpoint, Credential credential,
                                const Request& request, const Options& options) {
  const bool opens = (credential == Credential::admin && endpoint.admin) ||
                     (credential == Credential::oauth && endpoint.oauth) ||
                     (credential == Credential::enterprise && holds(options, endpoint.scope));
  if (!opens && credential == Credential::enterprise) {
    const std::string needed = endpoint.scope.empty() ? "org:admin, which no Enterprise key has"
                                                      : std::string(endpoint.scope);
    return not_permitted("This endpoint requires the scope " + needed +
                         ". The key has these scopes: " + join(options.enterprise_scopes));
  }
  if (!opens && endpoint.oauth)
    return not_permitted(
        "This endpoint requires OAuth with the scope org:admin; Admin API keys are not accepted");
  if (!opens)
    return not_permitted("This endpoint requires an API key with the scope " +
                         std::string(endpoint.scope));
  const bool report =
      endpoint.id == EndpointId::analytics_usage || endpoint.id == EndpointId::analytics_cost;
  if (!offered(endpoint, options) || (report && options.hipaa)) {
    return ApiError{400, "invalid_request_error",
                    "This endpoint is not available for this type of organization",
                    "organization_type_not_supported"};
  }
  if (!endpoint.beta.empty() && !names_beta(request, endpoint.beta)) {
    return ApiError{
        400, "invalid_request_error",
        "This endpoint requires the header anthropic-beta: " + std::string(endpoint.beta)};
  }
  return std::nullopt;
}

}  // namespace anthropic_metrics::simulator
