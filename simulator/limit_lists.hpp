// SPDX-License-Identifier: Apache-2.0
// The endpoints that say how much is allowed: rate limits and spend limits.
#pragma once

#include "directory.hpp"

namespace anthropic_metrics::simulator {

/// GET /v1/organizations/rate_limits, with filters `group_type` and `model`. Without `limit`
/// everything is on one page.
Result<std::string> rate_limits_body(const DirectoryView& view, const Target& target);

/// GET /v1/organizations/workspaces/{id}/rate_limits: overrides, and with `include_inherited=true`
/// what the organization has besides. The default workspace has no overrides.
Result<std::string> workspace_rate_limits_body(const DirectoryView& view, std::string_view id,
                                               const Target& target);

/// GET /v1/organizations/spend_limits, with filters `scope_type[]` and `workspace_id`. Kinds of
/// scope that the organization cannot have are a 400. Pages by token.
Result<std::string> spend_limits_body(const DirectoryView& view, const Target& target);

}  // namespace anthropic_metrics::simulator
