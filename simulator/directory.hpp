// SPDX-License-Identifier: Apache-2.0
// The endpoints that name things: the organization, its workspaces, its API keys and its rate
// limits.
#pragma once

#include "http.hpp"
#include "organization.hpp"
#include "parameters.hpp"

namespace anthropic_metrics::simulator {

/// GET /v1/organizations/me
std::string organization_body(const Organization& organization);

/// GET /v1/organizations/workspaces: without the default workspace; archived ones only with
/// `include_archived=true`. Pages by `after_id` and `before_id`.
Result<std::string> workspaces_body(const Organization& organization, const Target& target);

/// GET /v1/organizations/workspaces/{id}: here the default workspace has an entry.
Result<std::string> workspace_body(const Organization& organization, std::string_view id);

/// GET /v1/organizations/api_keys, with filters `status`, `workspace_id` and `created_by_user_id`.
Result<std::string> api_keys_body(const Organization& organization, const Target& target);

/// GET /v1/organizations/rate_limits. `group_type_sent` as in `append_rate_limit`.
Result<std::string> rate_limits_body(const Options& options, const Target& target, Instant now,
                                     bool group_type_sent);

/// GET /v1/organizations/workspaces/{id}/rate_limits
Result<std::string> workspace_rate_limits_body(const Options& options,
                                               const Organization& organization,
                                               std::string_view id, const Target& target,
                                               Instant now, bool group_type_sent);

}  // namespace anthropic_metrics::simulator
