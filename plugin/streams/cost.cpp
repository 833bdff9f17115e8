// SPDX-License-Identifier: Apache-2.0
// cost: spend per day, GET /v1/organizations/cost_report. Amounts are decimal strings of cents.
// Pages as in usage. Days are restated for weeks, so a long look-back is read again daily.
//
// API: https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report
#include <string>

#include "streams/registry.hpp"
#include "streams/report.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

Layout layout(const StreamSettings& settings) {
  Layout layout;
  layout.group_by = settings.group_by;
  layout.money = true;
  layout.texts.push_back({.name = "currency", .field = "currency"});
  // Grouping by description also parses these out of it; null means that one does not apply.
  if (settings.groups_by("description"))
    for (const char* name : {"description", "cost_type", "token_type", "model", "service_tier",
                             "context_window", "inference_geo"})
      layout.texts.push_back({.name = name, .field = name});
  if (settings.groups_by("workspace_id"))
    layout.texts.push_back({.name = "workspace_id",
                            .field = "workspace_id",
                            .null_field = "workspace_id",
                            .null_text = "Default"});
  return layout;
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  ReportEndpoint endpoint;
  endpoint.path = "/v1/organizations/cost_report";
  endpoint.headers = {{"anthropic-version", std::string(api_version)}};
  endpoint.bucket_width = settings.bucket_width;
  endpoint.most_buckets = 31;
  endpoint.group_by = settings.group_by;
  endpoint.keep_original = settings.preserve_original_event;
  return make_report_fetcher(std::move(endpoint), layout(settings));
}

const Registration registration({
    .name = "cost",
    .title = "Cost",
    .description = "Spend per day in cents, by workspace and line item.",
    .category = "api",
    .path = "/v1/organizations/cost_report",
    .interval = 2h,
    .shortest_interval = 1min,
    .initial_interval = 168h,
    .settle = 1h,
    .widths = {"1d"},
    .group_by = {"description", "workspace_id"},
    .default_group_by = {"description", "workspace_id"},
    .tiers = {{72h, 6h}, {840h, 24h}},
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
