// SPDX-License-Identifier: Apache-2.0
// What people and keys did with Claude Code on a day. Estimates beside the bill, never part of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory_data.hpp"

namespace anthropic_metrics::simulator {

struct ClaudeCodeModel {
  std::string_view model;
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_creation = 0;
  std::int64_t half_cents = 0;  ///< the estimated cost: 83 is sent as 41.5
};

struct ClaudeCodeTool {
  std::string_view name;
  std::int64_t accepted = 0;
  std::int64_t rejected = 0;
};

/// One entry of the report. Two entries of a day may have the same key.
struct ClaudeCodeEntry {
  std::string_view actor_type;
  std::string
      actor;  ///< an e-mail address, or the name of a key as it is at the time of the answer
  std::string_view customer_type;
  std::optional<std::string_view> subscription_type;  ///< nothing: absent; empty: null
  std::string_view terminal_type;
  std::optional<bool> is_remote;  ///< nothing: absent
  std::int64_t sessions = 0;
  std::int64_t lines_added = 0;
  std::int64_t lines_removed = 0;
  std::int64_t commits = 0;
  std::int64_t pull_requests = 0;
  std::vector<ClaudeCodeTool> tools;
  std::vector<ClaudeCodeModel> models;
};

/// The entries of the day, from what is older than `boundary`: the day grows until its end. Needs
/// the data options only.
std::vector<ClaudeCodeEntry> claude_code_day(const Options& options,
                                             const Organization& organization, Instant day,
                                             Instant boundary);

/// How far data reach at `now`: whole minutes, an hour ago.
Instant claude_code_boundary(Instant now);

}  // namespace anthropic_metrics::simulator
