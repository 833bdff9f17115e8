// SPDX-License-Identifier: Apache-2.0
#include "report_documents.hpp"

#include <boost/json.hpp>

#include "document_fields.hpp"

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;
using std::string;

constexpr Int128 whole = Int128{1'000'000'000} * 1'000'000'000;

/// Null, as documents write it for some dimensions.
string facet_of(const json::object& fields, Facet facet) {
  if (facet == Facet::actor) {
    const string type = text_or_empty(fields, "actor_type");
    return type.empty() ? type : type + "/" + text_or_empty(fields, "actor_id");
  }
  const string text = text_or_empty(fields, facet_names[index(facet)]);
  return facet == Facet::inference_geo && text == "not_available" ? string() : text;
}

string truth_of(const json::object& fields, std::string_view key) {
  const auto* value = fields.if_contains(key);
  if (value == nullptr) return {};
  return value->is_bool() ? (value->as_bool() ? "true" : "false") : text_or_empty(fields, key);
}

}  // namespace

void read_analytics(bool cost, const json::object& fields, Documents& documents) {
  const string width = text_at(fields, "bucket_width");
  const auto group_by = group_by_of(fields);
  FacetValues row;
  for (std::size_t f = 0; f < facet_count; ++f) {
    if (group_by.contains(string(facet_names[f]))) row[f] = facet_of(fields, static_cast<Facet>(f));
  }
  AnalyticsMeasures measures;
  measures.requests = number_or_zero(fields, "requests");
  if (cost) {
    measures.amount = amount_at(fields, "amount_exact");
    measures.list_amount = amount_at(fields, "list_amount_exact");
  } else {
    measures.counters = {number_at(fields, "uncached_input_tokens"),
                         number_at(fields, "cached_input_tokens"),
                         number_or_zero(fields, "cache_creation_5m_input_tokens"),
                         number_or_zero(fields, "cache_creation_1h_input_tokens"),
                         number_at(fields, "output_tokens"),
                         number_or_zero(fields, "web_search_requests")};
  }
  AnalyticsDocuments& grain = documents.analytics[{cost, width, group_by}];
  ++grain.count;
  grain.sums[{time_at(fields, "bucket_start_time"), row}] += measures;
}

void read_claude_code(const json::object& fields, Documents& documents) {
  const string kind = text_at(fields, "kind");
  const ClaudeCodeDocuments::Key key{kind,
                                     text_or_empty(fields, "actor_type"),
                                     text_or_empty(fields, "actor"),
                                     text_or_empty(fields, "customer_type"),
                                     text_or_empty(fields, "subscription_type"),
                                     text_or_empty(fields, "terminal_type"),
                                     truth_of(fields, "is_remote"),
                                     text_or_empty(fields, "model")};
  static constexpr std::array<std::string_view, 5> of_activity{
      "sessions", "lines_added", "lines_removed", "commits", "pull_requests"};
  static constexpr std::array<std::string_view, 4> of_model{
      "input_tokens", "output_tokens", "cached_input_tokens", "cache_creation_input_tokens"};
  ++documents.claude_code.count;
  auto& sums = documents.claude_code.sums[{time_at(fields, "bucket_start_time"), key}];
  const auto add = [&](std::string_view name) {
    if (const std::int64_t count = number_or_zero(fields, name); count != 0)
      sums[string(name)] += Amount{whole * count};
  };
  if (kind == "activity") {
    for (const auto name : of_activity) add(name);
    add("tools_accepted"), add("tools_rejected");
    for (const char* tool : {"edit", "multi_edit", "write", "notebook_edit"})
      for (const char* end : {"_accepted", "_rejected"}) add(string(tool) + end);
  } else {
    for (const auto name : of_model) add(name);
    if (fields.contains("estimated_amount_exact"))
      sums["estimated_amount"] += amount_at(fields, "estimated_amount_exact");
  }
}

void read_activity(const json::object& fields, Documents& documents) {
  ++documents.activity.count;
  const std::array<string, 3> key{text_or_empty(fields, "user_id"), text_at(fields, "product"),
                                  text_at(fields, "metric")};
  documents.activity.sums[{time_at(fields, "bucket_start_time"), key}] +=
      number_at(fields, "value");
}

void read_summary(const json::object& fields, Documents& documents) {
  ++documents.summaries.count;
  const std::int64_t revision = number_or_zero(fields, "revision");
  auto& latest = documents.summaries.latest[time_at(fields, "bucket_start_time")];
  if (revision < latest.first) return;
  latest = {revision,
            {number_at(fields, "daily_active_users"), number_at(fields, "weekly_active_users"),
             number_at(fields, "monthly_active_users"), number_at(fields, "assigned_seats"),
             number_at(fields, "pending_invites")}};
}

}  // namespace anthropic_metrics::simulator
