// SPDX-License-Identifier: Apache-2.0
#include "activity_data.hpp"

#include <algorithm>
#include <array>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

constexpr Instant first_day = sys_days{year{2026} / 1 / 1};
constexpr std::uint64_t members = 14;

/// Within four days of their aggregation counts come out a little lower.
constexpr days revised_for{4};

bool active(const Options& options, std::uint64_t who, Instant day) {
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  const bool weekend = weekday{floor<days>(day)}.c_encoding() % 6 == 0;
  return pick(hash(options.seed, Purpose::activity_row, who, number, 1), 10) < (weekend ? 2U : 7U);
}

std::vector<std::string> make_metrics() {
  std::vector<std::string> names;
  const auto add = [&](const std::string& block, std::initializer_list<const char*> counts) {
    for (const char* count : counts) names.push_back(block + "." + count);
  };
  add("chat_metrics", {"message_count", "thinking_message_count", "distinct_conversation_count",
                       "distinct_projects_created_count", "distinct_projects_used_count",
                       "distinct_files_uploaded_count", "distinct_artifacts_created_count",
                       "distinct_skills_used_count", "connectors_used_count"});
  const std::string code = "claude_code_metrics.core_metrics";
  add(code,
      {"distinct_session_count", "commit_count", "pull_request_count", "artifacts_created_count"});
  add(code + ".lines_of_code", {"added_count", "removed_count"});
  for (const char* tool : {"edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool"}) {
    add(std::string("claude_code_metrics.tool_actions.") + tool,
        {"accepted_count", "rejected_count"});
  }
  add("cowork_metrics", {"message_count", "distinct_session_count", "action_count",
                         "dispatch_turn_count", "skills_used_count"});
  add("design_metrics", {"distinct_project_count", "message_count"});
  for (const char* product : {"excel", "outlook", "powerpoint", "word"}) {
    add(std::string("office_metrics.") + product,
        {"message_count", "distinct_session_count", "skills_used_count",
         "distinct_skills_used_count", "connectors_used_count", "distinct_connectors_used_count"});
  }
  add("science_metrics", {"message_count", "distinct_session_count"});
  return names;
}

}  // namespace

Instant newest_activity_day(Instant now) {
  return floor<days>(now - hours{10}) - days{1};
}

const std::vector<std::string>& activity_metrics() {
  static const std::vector<std::string> names = make_metrics();
  return names;
}

std::vector<ActivityRow> activity_day(const Options& options, Instant day, Instant now) {
  std::vector<ActivityRow> rows;
  if (day < first_day || day > newest_activity_day(now)) return rows;
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  const bool revised = now >= day + days{1} + hours{10} + revised_for;
  for (std::uint64_t who = 0; who <= members; ++who) {
    if (!active(options, who, day)) continue;
    ActivityRow row;
    // The last one is nobody: a row without a user.
    if (who < members) row.user = person(options, who, now);
    const std::uint64_t random = hash(options.seed, Purpose::activity_row, who, number);
    for (std::size_t i = 0; i < activity_metrics().size(); ++i) {
      const std::uint64_t one = hash(random, i);
      auto value = pick(one, 3) == 0 ? static_cast<std::int64_t>(pick(mix(one), 120)) : 0;
      if (!revised && pick(mix(one + 1), 5) == 0) value = value * 97 / 100;
      row.values.push_back(value);
    }
    row.web_searches = static_cast<std::int64_t>(pick(mix(random), 12));
    rows.push_back(std::move(row));
  }
  return rows;
}

ActivitySummary summary_day(const Options& options, Instant day, Instant now) {
  ActivitySummary summary;
  std::array<bool, members> week{}, month{};
  for (int back = 0; back < 30; ++back) {
    for (std::uint64_t who = 0; who < members; ++who) {
      if (!active(options, who, day - days{back})) continue;
      if (back == 0) ++summary.daily_users;
      if (back < 7) week.at(who) = true;
      month.at(who) = true;
    }
  }
  summary.weekly_users = std::count(week.begin(), week.end(), true);
  summary.monthly_users = std::count(month.begin(), month.end(), true);
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  const std::uint64_t random = hash(options.seed, Purpose::summary, number);
  summary.seats = 20;
  summary.pending_invites = static_cast<std::int64_t>(pick(random, 4));
  // As for people's rows, a little is missing at first.
  if (now < day + days{1} + hours{10} + revised_for && pick(mix(random), 3) == 0)
    summary.pending_invites += 1;
  return summary;
}

}  // namespace anthropic_metrics::simulator
