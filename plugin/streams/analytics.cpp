// SPDX-License-Identifier: Apache-2.0
#include "streams/analytics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/time_text.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics::streams::analytics {
namespace {

namespace json = boost::json;

constexpr std::size_t most_dimensions = 5;

/// The API counts all dimensions but these two, by which a row is fanned out into its line items.
bool counts(std::string_view dimension) {
  return dimension != "cost_type" && dimension != "token_type";
}

/// Of one request: 31 days, a day of minutes.
std::int64_t most_buckets(std::string_view width) {
  return width == "1m" ? 1440 : width == "1h" ? 744 : 31;
}

TextColumn dimension(const std::string& name) {
  TextColumn column{.name = "group." + name, .field = name};
  if (name == "api_key_id") {
    column.null_field = "api_key_source";
    column.null_text = "none";
  } else if (name == "inference_geo") {
    column.null_field = name;
    column.null_text = "not_available";
  }
  return column;
}

/// Who it was: what identifies is identity, what may be renamed is not.
void add_actor(Layout& layout, bool typed_already) {
  if (!typed_already) layout.texts.push_back({.name = "group.actor.type", .field = "actor_type"});
  layout.texts.push_back({.name = "group.actor.id", .field = "actor_id"});
  layout.texts.push_back(
      {.name = "group.actor.name", .field = "actor_name", .identity = false, .personal = true});
  layout.texts.push_back({.name = "group.actor.email_address",
                          .field = "actor_email",
                          .identity = false,
                          .personal = true});
}

/// Where the id of an actor of that type stands. What a federated one is called by its provider
/// may be a person's name, and is shown as such a name may be.
void read_actor_id(ListEntry& entry, std::size_t column) {
  const json::object& actor = entry.object("group.actor");
  const json::value* const type = actor.if_contains("type");
  if (type == nullptr || !type->is_string()) return;
  const std::string_view kind = type->get_string();
  if (kind == "user_actor") return entry.text(column, "group.actor.user_id");
  if (kind == "service_account_actor") return entry.text(column, "group.actor.service_account_id");
  if (kind == "api_actor") return entry.text(column, "group.actor.api_key_id");
  const json::value* const subject = actor.if_contains("subject");
  if (subject == nullptr || !subject->is_string()) return;
  if (const auto shown = entry.layout().personal.shown(subject->get_string()))
    entry.keep(column, *shown);
}

}  // namespace

std::vector<std::string_view> groupings(std::initializer_list<std::string_view> more) {
  std::vector<std::string_view> all{"actor",
                                    "actor_type",
                                    "agent_id",
                                    "api_key_id",
                                    "claude_tag_category",
                                    "claude_tag_user_id",
                                    "context_window",
                                    "deployment_id",
                                    "environment_id",
                                    "inference_geo",
                                    "model",
                                    "organization_id",
                                    "product",
                                    "service_tier",
                                    "session_id",
                                    "slack_channel_id",
                                    "speed",
                                    "user_profile_id",
                                    "workspace_id"};
  all.insert(all.end(), more);
  std::sort(all.begin(), all.end());
  return all;
}

std::string refuse(const std::vector<std::string>& group_by) {
  std::set<std::string_view> counted;
  for (const std::string& name : group_by) {
    if (name == "rbac_group_id")
      return "a user of several groups counts in full in each, so rows by rbac_group_id overlap "
             "and add up to more than there was; remove it";
    if (counts(name)) counted.insert(name);
  }
  if (counted.size() <= most_dimensions) return {};
  return fmt::format(
      "the API takes at most {} dimensions (cost_type and token_type do not count), and these are "
      "{}: {}; remove {}",
      most_dimensions, counted.size(), fmt::join(counted, ", "), counted.size() - most_dimensions);
}

Instant earliest(Instant now) {
  constexpr std::chrono::sys_days beginning(std::chrono::year(2026) / 1 / 1);
  const Instant year = align_up(now - std::chrono::days(365), std::chrono::days(1));
  return std::max(Instant(beginning), year + std::chrono::days(1));
}

Layout dimensions(const StreamSettings& settings) {
  Layout layout;
  layout.personal = settings.personal;
  layout.bucket_width = settings.bucket_width;
  layout.group_by = settings.group_by;
  for (const std::string& name : settings.group_by)
    if (name != "actor") layout.texts.push_back(dimension(name));
  if (settings.groups_by("actor")) add_actor(layout, settings.groups_by("actor_type"));
  return layout;
}

void read_dimensions(ListEntry& entry) {
  const auto& texts = entry.layout().texts;
  const json::value* const group = entry.object("").if_contains("group");
  if (!entry.layout().group_by.empty() && (group == nullptr || !group->is_object()))
    return entry.odd_identity(".group", "expected an object");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].field == "actor_id")
      read_actor_id(entry, i);
    else
      entry.text(i, texts[i].name);
  }
}

RowsEndpoint endpoint(std::string path, const StreamSettings& settings,
                      std::string_view api_version) {
  RowsEndpoint report;
  report.path = std::move(path);
  report.headers = {{"anthropic-version", std::string(api_version)},
                    {"anthropic-beta", "analytics-usage-cost-2026-08-24"}};
  report.bucket_width = settings.bucket_width;
  report.most_buckets = most_buckets(settings.bucket_width);
  // Without the order, rows are ranked by size and buckets are mixed.
  report.ask = [width = settings.bucket_width, groups = settings.group_by](net::Query& query,
                                                                           const Window& window) {
    query.add("starting_at", format_rfc3339(window.start))
        .add("ending_at", format_rfc3339(window.end))
        .add("time_bucket_width", width);
    for (const std::string& group : groups) query.add("group_by[]", group);
    query.add("order_by", "time").add("order", "asc");
  };
  report.dated = report.watermark = true;
  report.keep_original = settings.preserve_original_event;
  return report;
}

}  // namespace anthropic_metrics::streams::analytics
