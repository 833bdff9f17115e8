// SPDX-License-Identifier: Apache-2.0
// analytics_usage: tokens and requests per time bucket, by up to five of nineteen dimensions,
// GET /v1/organizations/analytics/usage. The successor of the report behind usage, in beta. Sparse
// rows in order of time; see analytics.hpp.
//
// API: https://platform.claude.com/docs/en/api/admin/analytics/usage
#include "streams/analytics.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view path = "/v1/organizations/analytics/usage";

Layout layout(const StreamSettings& settings) {
  Layout layout = analytics::dimensions(settings);
  layout.counts = {
      {"usage.uncached_input_tokens", "uncached_input_tokens", true},
      {"usage.cache_read_input_tokens", "cached_input_tokens", true},
      {"usage.output_tokens", "output_tokens", true},
      {"usage.cache_creation.ephemeral_5m_input_tokens", "cache_creation_5m_input_tokens", false},
      {"usage.cache_creation.ephemeral_1h_input_tokens", "cache_creation_1h_input_tokens", false},
      {"usage.server_tool_use.web_search_requests", "web_search_requests", false},
      {"usage.total_tokens", "total_tokens", true},
      // Null where nobody counted them, which is not 0.
      {"usage.requests", "requests", false, true},
  };
  layout.sums = {{"cache_creation_input_tokens", {3, 4}}};
  return layout;
}

void read(ListEntry& entry, RowSink& rows) {
  analytics::read_dimensions(entry);
  entry.counts();
  rows.add(entry);
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  RowsEndpoint report = analytics::endpoint(std::string(path), settings, api_version);
  report.reader = read;
  return make_rows_fetcher(std::move(report), layout(settings));
}

const Registration registration({
    .name = "analytics_usage",
    .title = "Token usage (analytics, beta)",
    .description = "Tokens and requests by key, person, product and more, from the API's newer "
                   "report; never to be added to Token usage.",
    .category = "api",
    .path = path,
    .interval = 1h,
    .shortest_interval = 1min,
    .initial_interval = 24h,
    .settle = 0s,
    .widths = {"1h", "1m", "1d"},
    .group_by = analytics::groupings(),
    .default_group_by = {"api_key_id", "model", "product", "service_tier", "workspace_id"},
    .tiers = {{6h, 0s}, {48h, 6h}, {720h, 24h}},
    .opt_in = true,
    .personal = true,
    .opened_by = {"admin", "oauth", "enterprise"},
    .earliest = analytics::earliest,
    .refuse_groups = analytics::refuse,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
