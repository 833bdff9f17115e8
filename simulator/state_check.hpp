// SPDX-License-Identifier: Apache-2.0
// Compares documents that say how things are, rather than how much was used: limits and names.
#pragma once

#include "api.hpp"
#include "check.hpp"
#include "documents.hpp"

namespace anthropic_metrics::simulator {

/// The last poll: earlier ones held what held then.
StreamCheck check_rate_limits(const Options& options,
                              const std::map<Instant, RateLimitDocuments>& polls);

/// The last poll of each workspace; each that was live at the last poll of all must have one, but
/// for the default workspace, which need not.
StreamCheck check_workspace_limits(
    const Api& api, const Options& options,
    const std::map<std::string, std::map<Instant, RateLimitDocuments>>& workspaces);

StreamCheck check_spend_limits(const Api& api, const Options& options,
                               const std::map<Instant, EntityDocuments>& polls);

/// The latest document of each thing against the list at `as_of`.
StreamCheck check_entities(const Api& api, const Options& options, const std::string& stream,
                           Instant as_of, const EntityHistory& history);

}  // namespace anthropic_metrics::simulator
