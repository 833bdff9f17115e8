// SPDX-License-Identifier: Apache-2.0
#include "day_reports.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "activity_data.hpp"
#include "claude_code_data.hpp"
#include "lists.hpp"
#include "paging.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

std::string day_text(Instant day) {
  return format_rfc3339(day).substr(0, 10);
}

/// A required `YYYY-MM-DD`.
Result<Instant> read_day(const Target& target, std::string_view name) {
  const auto text = target.find(name);
  if (!text) return invalid(std::string(name) + ": Field required");
  const auto time =
      text->size() == 10 ? parse_rfc3339(std::string(*text) + "T00:00:00Z") : std::nullopt;
  if (!time) return invalid(std::string(name) + ": Input should be a valid date, YYYY-MM-DD");
  return Instant{floor<seconds>(*time)};
}

/// Where the range of days that begins there ends, by "ending_date", which is needed without a
/// fallback.
Result<Instant> range_end(const Target& target, Instant first,
                          std::optional<Instant> fallback = std::nullopt) {
  Instant end = fallback.value_or(first);
  if (!fallback || target.find("ending_date")) {
    const auto given = read_day(target, "ending_date");
    if (!given) return given.error();
    end = *given;
  }
  if (end <= first || end - first > days{366})
    return invalid("ending_date: The range should be between 1 and 366 days");
  return end;
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string model_text(const ClaudeCodeModel& model) {
  return "{\"model\":" + json_text(model.model) + ",\"tokens\":{\"input\":" + number(model.input) +
         ",\"output\":" + number(model.output) + ",\"cache_read\":" + number(model.cache_read) +
         ",\"cache_creation\":" + number(model.cache_creation) +
         "},\"estimated_cost\":{\"amount\":" + number(model.half_cents / 2) +
         (model.half_cents % 2 == 0 ? "" : ".5") + ",\"currency\":\"USD\"}}";
}

std::string entry_text(const ClaudeCodeEntry& entry, Instant day,
                       const Organization& organization) {
  std::string text =
      "{\"date\":" + json_text(format_rfc3339(day)) +
      ",\"organization_id\":" + json_text(organization.id) +
      ",\"actor\":{\"type\":" + json_text(entry.actor_type) +
      (entry.actor_type == "user_actor" ? ",\"email_address\":" : ",\"api_key_name\":") +
      json_text(entry.actor) + "},\"customer_type\":" + json_text(entry.customer_type);
  if (entry.subscription_type)
    text += ",\"subscription_type\":" + json_text(*entry.subscription_type);
  text += ",\"terminal_type\":" + json_text(entry.terminal_type);
  if (entry.is_remote)
    text += std::string(",\"is_remote\":") + (*entry.is_remote ? "true" : "false");
  text += ",\"core_metrics\":{\"num_sessions\":" + number(entry.sessions) +
          ",\"lines_of_code\":{\"added\":" + number(entry.lines_added) +
          ",\"removed\":" + number(entry.lines_removed) +
          "},\"commits_by_claude_code\":" + number(entry.commits) +
          ",\"pull_requests_by_claude_code\":" + number(entry.pull_requests) +
          "},\"tool_actions\":{";
  for (const ClaudeCodeTool& tool : entry.tools) {
    text += json_text(tool.name) + ":{\"accepted\":" + number(tool.accepted) +
            ",\"rejected\":" + number(tool.rejected) + "},";
  }
  if (text.back() == ',') text.pop_back();
  text += "},\"model_breakdown\":[";
  for (const ClaudeCodeModel& model : entry.models) text += model_text(model) + ",";
  if (text.back() == ',') text.pop_back();
  return text + "]}";
}

/// The blocks of a row, nested as their paths say; paths with a common beginning stand together.
std::string blocks_text(const ActivityRow& row) {
  std::string text;
  std::vector<std::string> open;
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    std::vector<std::string> path;
    const std::string& name = activity_metrics()[i];
    for (std::size_t from = 0; from <= name.size();) {
      const auto dot = std::min(name.find('.', from), name.size());
      path.push_back(name.substr(from, dot - from));
      from = dot + 1;
    }
    const std::string leaf = path.back();
    path.pop_back();
    std::size_t common = 0;
    while (common < open.size() && common < path.size() && open[common] == path[common]) ++common;
    for (; open.size() > common; open.pop_back()) text += "}";
    if (!text.empty() && text.back() != '{') text += ",";
    for (; open.size() < path.size(); open.push_back(path[open.size()]))
      text += json_text(path[open.size()]) + ":{";
    text += json_text(leaf) + ":" + number(row.values[i]);
  }
  for (; !open.empty(); open.pop_back()) text += "}";
  return text;
}

std::string activity_text(const ActivityRow& row, Instant day) {
  std::string user = "null";
  if (row.user) {
    user = "{\"id\":" + json_text(row.user->id) +
           ",\"email_address\":" + json_text(row.user->email) + ",\"type\":\"user\"}";
  }
  return "{\"user\":" + user + ",\"web_search_count\":" + number(row.web_searches) +
         ",\"last_activity_date\":" + json_text(day_text(day)) + ",\"distinct_user_count\":null," +
         blocks_text(row) + "}";
}

std::string percent(std::int64_t part, std::int64_t whole) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f",
                100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

std::string summary_text(const ActivitySummary& summary, Instant day) {
  return "{\"starting_at\":" + json_text(format_rfc3339(day)) +
         ",\"ending_at\":" + json_text(format_rfc3339(day + days{1})) +
         ",\"daily_active_user_count\":" + number(summary.daily_users) +
         ",\"weekly_active_user_count\":" + number(summary.weekly_users) +
         ",\"monthly_active_user_count\":" + number(summary.monthly_users) +
         ",\"assigned_seat_count\":" + number(summary.seats) +
         ",\"pending_invite_count\":" + number(summary.pending_invites) +
         ",\"daily_adoption_rate\":" + percent(summary.daily_users, summary.seats) +
         ",\"weekly_adoption_rate\":" + percent(summary.weekly_users, summary.seats) +
         ",\"monthly_adoption_rate\":" + percent(summary.monthly_users, summary.seats) + "}";
}

std::optional<ApiError> too_early(Instant day, Instant now) {
  const Instant newest = newest_activity_day(now);
  if (day <= newest) return std::nullopt;
  return invalid("date: Data are available up to " + day_text(newest) + ", not for " +
                 day_text(day));
}

/// Adds up days: a row per person.
std::vector<ActivityRow> over_days(const Options& options, Instant first, Instant end,
                                   Instant now) {
  std::vector<ActivityRow> sums;
  for (Instant day = first; day < end; day += days{1}) {
    for (ActivityRow& row : activity_day(options, day, now)) {
      const auto same = std::find_if(sums.begin(), sums.end(), [&](const ActivityRow& one) {
        return (one.user ? one.user->id : "") == (row.user ? row.user->id : "");
      });
      if (same == sums.end()) {
        sums.push_back(std::move(row));
        continue;
      }
      same->web_searches += row.web_searches;
      for (std::size_t i = 0; i < row.values.size(); ++i) same->values[i] += row.values[i];
    }
  }
  return sums;
}

}  // namespace

Result<std::string> claude_code_body(const DirectoryView& view, const Target& target,
                                     PageFault fault) {
  if (auto error = check_names(target, {"starting_at", "limit", "page"})) return *error;
  const auto day = read_day(target, "starting_at");
  if (!day) return day.error();
  const auto limit = parse_list_limit(target, 20);
  if (!limit) return limit.error();
  Instant boundary = claude_code_boundary(view.now);
  std::size_t begin = 0;
  if (const auto page = target.find("page")) {
    const auto position = parse_row_token(*page, target.binding());
    if (!position)
      return invalid("page: Invalid page token, or the query changed since it was issued");
    begin = position->offset;
    boundary = Instant{seconds{static_cast<std::int64_t>(position->state)}};
  }
  const auto entries = claude_code_day(view.options, view.organization, *day, boundary);
  begin = std::min(begin, entries.size());
  const std::size_t end = std::min(entries.size(), begin + *limit);
  std::string body = "{\"data\":[";
  for (std::size_t i = begin; i < end; ++i)
    body += (i == begin ? "" : ",") + entry_text(entries[i], *day, view.organization);
  const bool loop = fault == PageFault::page_loop, lost = fault == PageFault::missing_page_token;
  const bool more = end < entries.size() || loop || lost;
  const RowPosition next{loop ? begin : end,
                         static_cast<std::uint64_t>(boundary.time_since_epoch().count())};
  body += more ? "],\"has_more\":true,\"next_page\":" : "],\"has_more\":false,\"next_page\":";
  return body + (more && !lost ? json_text(make_row_token(next, target.binding())) : "null") + "}";
}

Result<std::string> activity_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"date", "starting_date", "ending_date", "filter[]",
                                        "group_by[]", "order", "order_by", "limit", "page"})) {
    return *error;
  }
  const bool range = target.find("starting_date") || target.find("ending_date");
  if (range == target.find("date").has_value())
    return invalid("date: Give either date, or starting_date and ending_date");
  const auto first = read_day(target, range ? "starting_date" : "date");
  if (!first) return first.error();
  const Result<Instant> until =
      range ? range_end(target, *first) : Result<Instant>(*first + days{1});
  if (!until) return until.error();
  const Instant end = *until;
  if (auto error = too_early(end - days{1}, view.now)) return *error;
  std::vector<std::string> texts;
  std::vector<std::string_view> wanted;
  for (const auto& [name, value] : target.parameters) {
    if (name == "filter[]" && value.starts_with("user_id:"))
      wanted.push_back(std::string_view(value).substr(8));
  }
  for (const ActivityRow& row : over_days(view.options, *first, end, view.now)) {
    const std::string_view id = row.user ? std::string_view(row.user->id) : std::string_view();
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), id) != wanted.end())
      texts.push_back(activity_text(row, end - days{1}));
  }
  return token_page(texts, target, 100);
}

Result<std::string> summaries_body(const DirectoryView& view, const Target& target) {
  if (auto error = check_names(target, {"starting_date", "ending_date", "limit", "page"}))
    return *error;
  const auto first = read_day(target, "starting_date");
  if (!first) return first.error();
  const auto until = range_end(target, *first, newest_activity_day(view.now) + days{1});
  if (!until) return until.error();
  const Instant end = *until;
  if (auto error = too_early(end - days{1}, view.now)) return *error;
  std::vector<std::string> texts;
  for (Instant day = *first; day < end; day += days{1})
    texts.push_back(summary_text(summary_day(view.options, day, view.now), day));
  auto page = token_page(texts, target, 0);
  // This list has a name of its own.
  if (page) page->replace(0, std::string_view("{\"data\"").size(), "{\"summaries\"");
  return page;
}

}  // namespace anthropic_metrics::simulator
