// SPDX-License-Identifier: Apache-2.0
// The reports of whole days: Claude Code, and the activity of Enterprise organizations.
#pragma once

#include <string>

#include "directory.hpp"
#include "reports.hpp"

namespace anthropic_metrics::simulator {

/// GET /v1/organizations/usage_report/claude_code: the day `starting_at`. All pages of a sequence
/// tell what the first one knew.
Result<std::string> claude_code_body(const DirectoryView& view, const Target& target,
                                     PageFault fault = PageFault::none);

/// GET /v1/organizations/analytics/users: the day `date`, or a range. A day that is not yet
/// aggregated is a 400 that names the newest one.
Result<std::string> activity_body(const DirectoryView& view, const Target& target);

/// GET /v1/organizations/analytics/summaries, from `starting_date` to before `ending_date`.
Result<std::string> summaries_body(const DirectoryView& view, const Target& target);

}  // namespace anthropic_metrics::simulator
