// SPDX-License-Identifier: Apache-2.0
#include "analytics_report.hpp"

#include <algorithm>
#include <array>

#include "directory_data.hpp"
#include "lists.hpp"
#include "paging.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

constexpr Instant first_day = sys_days{year{2026} / 1 / 1};

/// The filters by the facet that they restrict; the last two facets have none.
constexpr std::array<std::string_view, usage_facet_count> filter_names{"actor_ids[]",
                                                                       "actor_types[]",
                                                                       "agent_ids[]",
                                                                       "api_key_ids[]",
                                                                       "claude_tag_categories[]",
                                                                       "claude_tag_user_ids[]",
                                                                       "context_windows[]",
                                                                       "deployment_ids[]",
                                                                       "environment_ids[]",
                                                                       "inference_geos[]",
                                                                       "models[]",
                                                                       "organization_ids[]",
                                                                       "products[]",
                                                                       "rbac_group_ids[]",
                                                                       "service_tiers[]",
                                                                       "session_ids[]",
                                                                       "slack_channel_ids[]",
                                                                       "speeds[]",
                                                                       "user_profile_ids[]",
                                                                       "workspace_ids[]"};

std::optional<ApiError> read_facets(const Target& target, AnalyticsQuery& query) {
  for (const auto& [name, value] : target.parameters) {
    const auto filter = std::find(filter_names.begin(), filter_names.end(), name);
    if (filter != filter_names.end()) {
      const auto f = static_cast<std::size_t>(filter - filter_names.begin());
      const bool unavailable = f == index(Facet::inference_geo) && value == "not_available";
      query.filters[f].push_back(unavailable ? "" : value);
    }
    if (name != "group_by[]") continue;
    const std::size_t known = query.cost ? facet_count : usage_facet_count;
    const auto facet = static_cast<std::size_t>(
        std::find(facet_names.begin(), facet_names.end(), value) - facet_names.begin());
    if (facet >= known)
      return invalid("group_by: '" + value + "' is not a dimension of this report");
    query.group_by.set(facet);
  }
  FacetSet counted = query.group_by;
  counted.reset(index(Facet::cost_type)).reset(index(Facet::token_type));
  if (counted.count() > 5) return invalid("group_by: List should have at most 5 items");
  return std::nullopt;
}

std::optional<ApiError> read_order(const Target& target, AnalyticsRequest& request) {
  static constexpr std::array<std::string_view, 5> of_usage{
      "total_tokens", "output_tokens", "uncached_input_tokens", "requests", "time"};
  static constexpr std::array<std::string_view, 3> of_cost{"amount", "list_amount", "time"};
  const auto choose = [&](const auto& names) -> std::optional<ApiError> {
    const auto found =
        std::find(names.begin(), names.end(), target.find("order_by").value_or(names.front()));
    if (found == names.end()) return invalid("order_by: Input is not an accepted value");
    request.order_by = *found;
    return std::nullopt;
  };
  if (auto error = request.query.cost ? choose(of_cost) : choose(of_usage)) return error;
  const auto order = target.find("order").value_or("desc");
  if (order != "asc" && order != "desc") return invalid("order: Input should be 'asc' or 'desc'");
  request.ascending = order == "asc";
  return std::nullopt;
}

Result<FineInstant> read_time(const Target& target, std::string_view name) {
  const auto time = parse_rfc3339(*target.find(name));
  if (!time)
    return invalid(std::string(name) + ": Input should be a valid datetime in RFC 3339 format");
  return *time;
}

Instant rounded(FineInstant time, seconds width, bool up) {
  const auto second = floor<seconds>(time);
  const Instant down = second - second.time_since_epoch() % width;
  return up && FineInstant{down} < time ? down + width : down;
}

std::optional<ApiError> read_range(const Target& target, Instant now, AnalyticsQuery& query) {
  if (const auto width = target.find("time_bucket_width")) {
    if (*width != "1m" && *width != "1h" && *width != "1d")
      return invalid("time_bucket_width: Input should be '1m', '1h' or '1d'");
    query.width = *width == "1m" ? Width::minute : *width == "1h" ? Width::hour : Width::day;
  }
  if (!target.find("starting_at")) return invalid("starting_at: Field required");
  const auto start = read_time(target, "starting_at");
  if (!start) return start.error();
  if (*start < FineInstant{now - days{365}} || *start < FineInstant{first_day})
    return invalid(
        "starting_at: Input should be within the last 365 days and not before 2026-01-01");
  Result<FineInstant> end{FineInstant{now}};
  if (target.find("ending_at"))
    end = read_time(target, "ending_at");
  else if (query.width)
    return invalid("ending_at: Field required when time_bucket_width is given");
  if (!end) return end.error();
  const seconds width = query.width ? length(*query.width) : seconds{hours{1}};
  query.start = rounded(*start, width, true);
  query.end = rounded(*end, width, false);
  if (query.end <= query.start) return invalid("ending_at: Input should be after starting_at");
  const bool minute = query.width == Width::minute;
  if (query.end - query.start > (minute ? seconds{days{1}} : seconds{days{31}}))
    return invalid(minute ? "ending_at: The range should be at most 24 hours"
                          : "ending_at: The range should be at most 31 days");
  return std::nullopt;
}

std::int64_t total_tokens(const Counters& counters) {
  std::int64_t total = 0;
  for (const Counter counter : {uncached_input, cache_read, cache_write_5m, cache_write_1h, output})
    total += counters[counter];
  return total;
}

/// What rows are ranked by, if not by time.
Int128 rank(const AnalyticsRow& row, std::string_view order_by) {
  const AnalyticsMeasures& total = row.total;
  if (order_by == "amount") return total.amount.units;
  if (order_by == "list_amount") return total.list_amount.units;
  if (order_by == "requests") return total.requests;
  if (order_by == "output_tokens") return total.counters[output];
  if (order_by == "uncached_input_tokens") return total.counters[uncached_input];
  return total_tokens(total.counters);
}

void sort(std::vector<AnalyticsRow>& rows, const AnalyticsRequest& request) {
  std::stable_sort(rows.begin(), rows.end(), [&](const AnalyticsRow& a, const AnalyticsRow& b) {
    if (request.order_by == "time")
      return request.ascending ? a.start < b.start : b.start < a.start;
    const Int128 left = rank(a, request.order_by), right = rank(b, request.order_by);
    return request.ascending ? left < right : right < left;
  });
}

/// An actor as the report renders it.
std::string actor_text(const Options& options, std::string_view actor, Instant now) {
  if (actor.empty()) return "null";
  const std::string_view type = actor.substr(0, actor.find('/'));
  const std::string_view id = actor.substr(type.size() + 1);
  std::string text = "{\"type\":" + json_text(type);
  if (type == "user_actor") {
    std::string name, email;
    for (std::uint64_t i = 0; i < callers; ++i) {
      const UserEntry entry = person(options, i, now);
      // One of them has never said a name.
      if (entry.id == id) email = entry.email, name = i == 2 ? "" : entry.name;
    }
    text += ",\"user_id\":" + json_text(id) + ",\"name\":" + json_text(name) +
            ",\"email_address\":" + json_text(email) + ",\"deleted\":false";
  } else if (type == "service_account_actor") {
    text += ",\"service_account_id\":" + json_text(id);
  } else if (type == "api_actor") {
    text += ",\"api_key_id\":" + json_text(id);
  } else {
    text += ",\"subject\":" + json_text(id) +
            R"(,"provider":{"type":"oidc","issuer":"https://example.org"})";
  }
  return text + "}";
}

std::string group_text(const Options& options, const FacetValues& group, bool cost, Instant now) {
  std::string text = "{";
  for (std::size_t f = 0; f < (cost ? facet_count : usage_facet_count); ++f) {
    text += (f == 0 ? "" : ",") + json_text(facet_names[f]) + ":";
    text += f == index(Facet::actor) ? actor_text(options, group[f], now) : json_text(group[f]);
  }
  return text + "}";
}

std::string usage_text(const AnalyticsMeasures& measures) {
  const Counters& counters = measures.counters;
  const auto number = [&](Counter counter) { return std::to_string(counters[counter]); };
  return "{\"uncached_input_tokens\":" + number(uncached_input) +
         ",\"cache_read_input_tokens\":" + number(cache_read) +
         ",\"output_tokens\":" + number(output) +
         ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":" + number(cache_write_5m) +
         ",\"ephemeral_1h_input_tokens\":" + number(cache_write_1h) +
         "},\"server_tool_use\":{\"web_search_requests\":" + number(web_searches) +
         "},\"total_tokens\":" + std::to_string(total_tokens(counters)) +
         ",\"requests\":" + std::to_string(measures.requests) + "}";
}

std::string cost_text(const AnalyticsMeasures& measures, bool requests) {
  return "{\"amount\":" + json_text(format_amount(measures.amount)) +
         ",\"list_amount\":" + json_text(format_amount(measures.list_amount)) +
         ",\"currency\":\"USD\",\"requests\":" +
         (requests ? std::to_string(measures.requests) : "null") + "}";
}

}  // namespace

Result<AnalyticsRequest> parse_analytics_request(const Target& target, const Options& options,
                                                 Instant now, bool cost) {
  std::vector<std::string_view> known{"starting_at", "ending_at",  "time_bucket_width",
                                      "limit",       "page",       "order_by",
                                      "order",       "group_by[]", "exclude_deleted_users"};
  known.insert(known.end(), filter_names.begin(), filter_names.end());
  if (auto error = check_names(target, known)) return *error;
  AnalyticsRequest request;
  request.query.cost = cost;
  request.refresh = refresh_at(options, now);
  request.binding = target.binding();
  if (auto error = read_facets(target, request.query)) return *error;
  if (auto error = read_order(target, request)) return *error;
  if (auto error = read_range(target, now, request.query)) return *error;
  // Nobody who used anything is deleted, so the flag changes nothing.
  if (const auto flag = parse_flag(target, "exclude_deleted_users"); !flag) return flag.error();
  const auto limit = parse_list_limit(target, 20);
  if (!limit) return limit.error();
  request.limit = *limit;
  if (const auto page = target.find("page")) {
    const auto position = parse_row_token(*page, request.binding);
    if (!position)
      return invalid("page: Invalid page token, or the query changed since it was issued");
    if (position->state != request.refresh.number)
      return ApiError{410, "invalid_request_error",
                      "page: The data were refreshed since this token was issued; start again"};
    request.offset = position->offset;
  }
  return request;
}

std::string analytics_page(const AnalyticsRequest& request, const AnalyticsData& data,
                           const Options& options, Instant now, PageFault fault) {
  std::vector<AnalyticsRow> rows = data.rows(request.query, request.refresh);
  sort(rows, request);
  const std::size_t begin = std::min(request.offset, rows.size());
  const std::size_t end = std::min(rows.size(), begin + request.limit);
  const bool cost = request.query.cost;
  std::string body = "{\"data\":[";
  const auto append = [&](const AnalyticsRow& row, const FacetValues& group,
                          const AnalyticsMeasures& measures) {
    body += "{\"starting_at\":" + json_text(format_rfc3339(row.start)) +
            ",\"ending_at\":" + json_text(format_rfc3339(row.end)) +
            ",\"group\":" + group_text(options, group, cost, now) +
            (cost ? ",\"cost\":" + cost_text(measures, row.parts.empty())
                  : ",\"usage\":" + usage_text(measures)) +
            "},";
  };
  for (std::size_t i = begin; i < end; ++i) {
    if (rows[i].parts.empty()) append(rows[i], rows[i].group, rows[i].total);
    for (const auto& [group, measures] : rows[i].parts) append(rows[i], group, measures);
  }
  if (body.back() == ',') body.pop_back();
  const bool loop = fault == PageFault::page_loop, lost = fault == PageFault::missing_page_token;
  const bool more = end < rows.size() || loop || lost;
  const RowPosition next{loop ? begin : end, request.refresh.number};
  body += more ? "],\"has_more\":true,\"next_page\":" : "],\"has_more\":false,\"next_page\":";
  body += more && !lost ? json_text(make_row_token(next, request.binding)) : "null";
  const auto& watermark = request.refresh.watermark;
  return body + ",\"data_refreshed_at\":" + json_text(watermark ? format_rfc3339(*watermark) : "") +
         "}";
}

}  // namespace anthropic_metrics::simulator
