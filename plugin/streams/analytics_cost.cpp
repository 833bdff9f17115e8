// SPDX-License-Identifier: Apache-2.0
// analytics_cost: billed amount and list price per time bucket, by up to five of nineteen
// dimensions and by line item, GET /v1/organizations/analytics/cost. The successor of the report
// behind cost, in beta. Sparse rows in order of time; see analytics.hpp. A row is fanned out by
// cost_type and token_type, so a page may be longer than `limit`.
//
// API: https://platform.claude.com/docs/en/api/admin/analytics/cost
#include "streams/analytics.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view path = "/v1/organizations/analytics/cost";

Layout layout(const StreamSettings& settings) {
  Layout layout = analytics::dimensions(settings);
  layout.texts.insert(layout.texts.begin(), {.name = "cost.currency", .field = "currency"});
  layout.money = layout.list_money = true;
  // A request has several line items, so by those none are counted.
  const bool by_item = settings.groups_by("cost_type") || settings.groups_by("token_type");
  if (!by_item) layout.counts = {{"cost.requests", "requests", false, true}};
  return layout;
}

void read(ListEntry& entry, RowSink& rows) {
  analytics::read_dimensions(entry);
  entry.counts();
  if (!entry.has(entry.layout().currency())) entry.odd(".cost.currency", "is missing");
  if (!entry.amount(&Row::amount, "cost.amount")) entry.odd(".cost.amount", "is missing");
  if (!entry.amount(&Row::list_amount, "cost.list_amount"))
    entry.odd(".cost.list_amount", "is missing");
  rows.add(entry);
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  RowsEndpoint report = analytics::endpoint(std::string(path), settings, api_version);
  report.reader = read;
  return make_rows_fetcher(std::move(report), layout(settings));
}

const Registration registration({
    .name = "analytics_cost",
    .title = "Cost (analytics, beta)",
    .description = "Billed and list price in cents by key, person, product and more, from the "
                   "API's newer report; never to be added to Cost.",
    .category = "api",
    .path = path,
    .interval = 2h,
    .shortest_interval = 1min,
    .initial_interval = 168h,
    .settle = 0s,
    .widths = {"1d", "1h", "1m"},
    .group_by = analytics::groupings({"cost_type", "token_type"}),
    .default_group_by = {"api_key_id", "cost_type", "model", "product", "service_tier",
                         "token_type", "workspace_id"},
    .tiers = {{72h, 6h}, {744h, 24h}},
    .opt_in = true,
    .personal = true,
    .opened_by = {"admin", "oauth", "enterprise"},
    .earliest = analytics::earliest,
    .refuse_groups = analytics::refuse,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
