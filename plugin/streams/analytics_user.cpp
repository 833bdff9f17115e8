// SPDX-License-Identifier: Apache-2.0
// analytics_user: what each member of an Enterprise organization did on a UTC day, by product, GET
// /v1/organizations/analytics/users. A day is asked for alone, because only daily rows add up, and
// is complete the next day at 10:00 UTC; asked for earlier, the API answers 400 and names the
// newest day. An entry has a block of counts per product, several dozen in all, mostly zero: each
// that is not becomes a row (user, product, metric), also of a block that is new.
//
// API: https://platform.claude.com/docs/en/api/admin-api/analytics/list-user-activity
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/json_text.hpp"
#include "base/time_text.hpp"
#include "streams/day_report.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/analytics/users";
constexpr std::string_view block_end = "_metrics", count_end = "_count";
/// No block of the API is as deep.
constexpr int most_depth = 6;

enum Text : std::size_t { user_id, user_email, product, metric };

Layout layout(const StreamSettings& settings) {
  Layout layout = day_layout(settings);
  layout.texts = {
      {.name = "user.id", .field = "user_id"},
      {.name = "user.email_address", .field = "user_email", .identity = false, .personal = true},
      {.name = "product", .field = "product"},
      {.name = "metric", .field = "metric"}};
  layout.counts = {{"value", "value", false}};
  return layout;
}

/// A name of the API, as it may stand in a document; of anything else nobody knows what it says.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Where a count stands within its block, and what it is called.
struct Place {
  std::string product, path, metric;
  int depth = 0;
  Place below(std::string_view name) const {
    Place place{product, fmt::format("{}.{}", path, name), metric, depth + 1};
    // It says nothing: all that Claude Code counts is below it or beside it.
    if (name != "core_metrics")
      place.metric = metric.empty() ? std::string(name) : fmt::format("{}.{}", metric, name);
    return place;
  }
};

void read_value(const ListEntry& entry, const json::value& value, std::string_view written,
                const Place& place, RowSink& rows) {
  if (const json::object* const block = value.if_object()) {
    if (place.depth == most_depth) return;
    for (const auto& [name, inner] : *block)
      if (is_name(name))
        read_value(entry, inner, json_member(written, name), place.below(name), rows);
    return;
  }
  // Texts and flags say nothing that adds up; a count that is none is odd.
  if (value.is_null() || (!value.is_number() && !place.metric.ends_with(count_end))) return;
  ListEntry row = entry.below(value, written, "");
  row.keep(product, place.product);
  row.keep(metric, place.metric);
  const auto number = row.whole(value, written, place.path);
  if (number == 0) return;
  if (number) {
    row.row().counts[0] = *number;
    row.row().counts_present = 1;
  }
  rows.add(row);
}

/// "chat_metrics" is of the product chat; office_metrics has several, each a product of its own.
void read_block(const ListEntry& entry, std::string_view name, const json::value& value,
                std::string_view written, RowSink& rows) {
  const std::string_view of = name.substr(0, name.size() - block_end.size());
  const std::string path = fmt::format(".{}", name);
  if (!value.is_object()) {
    if (value.is_null()) return;
    ListEntry row = entry.below(value, written, path);
    row.keep(product, of);
    row.odd_identity("", "expected an object or null");
    return rows.add(row);
  }
  if (of != "office")
    return read_value(entry, value, written, {std::string(of), path, "", 0}, rows);
  for (const auto& [app, counts] : value.get_object())
    if (is_name(app))
      read_value(entry, counts, json_member(written, app),
                 {fmt::format("office_{}", std::string_view(app)),
                  fmt::format("{}.{}", path, std::string_view(app)), "", 0},
                 rows);
}

void read(ListEntry& entry, RowSink& rows) {
  const json::object& object = entry.object("");
  const json::value* const user = object.if_contains("user");
  entry.text(user_id, "user.id");
  entry.text(user_email, "user.email_address");
  const bool somebody = user != nullptr && user->is_object();
  if (somebody && !entry.has(user_id)) entry.odd_identity(".user.id", "is missing");
  if (!entry.odd().empty()) return rows.add(entry);
  for (const auto& [name, value] : object) {
    const std::string_view key = name;
    const std::string_view written = json_member(entry.written(), key);
    if (key.ends_with(block_end) && is_name(key))
      read_block(entry, key, value, written, rows);
    else if (key == "web_search_count")
      read_value(entry, value, written, {"all", ".web_search_count", "web_search_count", 0}, rows);
  }
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  RowsEndpoint report = day_report(std::string(endpoint), settings, api_version);
  report.entries = "users";
  report.ask = [](net::Query& query, const Window& window) {
    query.add("date", format_date(window.start));
  };
  report.reader = read;
  return make_rows_fetcher(std::move(report), layout(settings));
}

const Registration registration({
    .name = "analytics_user",
    .title = "Activity of users",
    .description =
        "What each member of an Enterprise organization did per UTC day, product and metric. Needs "
        "an Enterprise key with the scope read:analytics. Names follow personal_data.",
    .category = "api",
    .path = endpoint,
    .interval = 6h,
    .shortest_interval = 1min,
    .initial_interval = 168h,
    .settle = 10h + 30min,
    .widths = {"1d"},
    .tiers = {{96h, 6h}, {720h, 24h}},
    .opt_in = true,
    .personal = true,
    .opened_by = {"enterprise"},
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
