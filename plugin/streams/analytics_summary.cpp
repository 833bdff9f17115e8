// SPDX-License-Identifier: Apache-2.0
// analytics_summary: how many members of an Enterprise organization are active, have a seat or are
// invited, per UTC day, GET /v1/organizations/analytics/summaries. Active users of a day, a week
// and a month are rolling counts: gauges, which add up with nothing. A day that the API changes is
// told again as a whole, with the next revision. Days come as those of analytics_user do.
//
// API: https://platform.claude.com/docs/en/api/admin-api/analytics/list-summaries
#include <string>

#include "base/time_text.hpp"
#include "streams/day_report.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint = "/v1/organizations/analytics/summaries";

Layout layout(const StreamSettings& settings) {
  Layout layout = day_layout(settings);
  layout.gauges = true;
  for (const char* period : {"daily", "weekly", "monthly"}) {
    const std::string rate = std::string(period) + "_adoption_rate";
    layout.texts.push_back({.name = rate, .field = rate, .json = true, .identity = false});
    const std::string users = std::string(period) + "_active_user";
    layout.counts.push_back({users + "_count", users + "s", false});
  }
  layout.counts.push_back({"assigned_seat_count", "assigned_seats", false});
  layout.counts.push_back({"pending_invite_count", "pending_invites", false});
  return layout;
}

void read(ListEntry& entry, RowSink& rows) {
  const auto& texts = entry.layout().texts;
  for (std::size_t i = 0; i < texts.size(); ++i) entry.number(i, texts[i].name);
  entry.counts();
  rows.add(entry);
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  RowsEndpoint report = day_report(std::string(endpoint), settings, api_version);
  report.entries = "summaries";
  report.list = "summaries";
  report.ask = [](net::Query& query, const Window& window) {
    query.add("starting_date", format_date(window.start))
        .add("ending_date", format_date(window.end));
  };
  report.reader = read;
  return make_rows_fetcher(std::move(report), layout(settings));
}

const Registration registration({
    .name = "analytics_summary",
    .title = "Active users",
    .description =
        "How many members of an Enterprise organization are active, have a seat or are invited, "
        "per UTC day. Needs an Enterprise key with the scope read:analytics.",
    .category = "api",
    .path = endpoint,
    .interval = 6h,
    .shortest_interval = 1min,
    .initial_interval = 720h,
    .settle = 10h + 30min,
    .widths = {"1d"},
    .tiers = {{96h, 6h}, {720h, 24h}},
    .opt_in = true,
    .opened_by = {"enterprise"},
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
