// SPDX-License-Identifier: Apache-2.0
// Who was active on a day, by product, as the analytics of Enterprise organizations tell: counts of
// each person, and figures of the whole organization.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "directory_data.hpp"

namespace anthropic_metrics::simulator {

/// The newest day that is told at `now`: it is aggregated at 10:00 UTC of the next.
Instant newest_activity_day(Instant now);

/// The blocks of a person's row, by their path below the row, such as
/// `claude_code_metrics.tool_actions.edit_tool.accepted_count`. All are always present.
const std::vector<std::string>& activity_metrics();

struct ActivityRow {
  std::optional<UserEntry> user;     ///< nothing: null
  std::vector<std::int64_t> values;  ///< one per metric
  std::int64_t web_searches = 0;
};

/// The rows of a day as known at `now`: within four days they are revised by a few percent.
std::vector<ActivityRow> activity_day(const Options& options, Instant day, Instant now);

struct ActivitySummary {
  std::int64_t daily_users = 0;
  std::int64_t weekly_users = 0;
  std::int64_t monthly_users = 0;
  std::int64_t seats = 0;
  std::int64_t pending_invites = 0;
};
ActivitySummary summary_day(const Options& options, Instant day, Instant now);

}  // namespace anthropic_metrics::simulator
