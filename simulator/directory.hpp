// SPDX-License-Identifier: Apache-2.0
// The endpoints that name things: the organization, its workspaces, API keys, people and service
// accounts.
#pragma once

#include "directory_data.hpp"
#include "http.hpp"
#include "parameters.hpp"

namespace anthropic_metrics::simulator {

/// What a list is made from.
struct DirectoryView {
  const Options& options;
  const Organization& organization;
  Instant now;
  bool second_version = false;  ///< 2026-10-21: without members that were deprecated before
};

/// GET /v1/organizations/me
std::string organization_body(const Organization& organization);

/// GET /v1/organizations/workspaces: the default workspace only with `include_default=true`,
/// archived ones only with `include_archived=true`, also of `ids[]`. Pages by id.
Result<std::string> workspaces_body(const DirectoryView& view, const Target& target);

/// GET /v1/organizations/workspaces/{id}: here the default workspace has an entry.
Result<std::string> workspace_body(const DirectoryView& view, std::string_view id);

/// GET /v1/organizations/api_keys, with filters `status`, `workspace_id` and `created_by_user_id`.
/// Pages by id.
Result<std::string> api_keys_body(const DirectoryView& view, const Target& target);

/// GET /v1/organizations/users, with filters `email` and `roles[]`. Pages by id.
Result<std::string> users_body(const DirectoryView& view, const Target& target);

/// GET /v1/organizations/service_accounts: archived ones only with `include_archived=true`. Pages
/// by token.
Result<std::string> service_accounts_body(const DirectoryView& view, const Target& target);

}  // namespace anthropic_metrics::simulator
