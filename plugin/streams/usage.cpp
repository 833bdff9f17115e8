// SPDX-License-Identifier: Apache-2.0
// usage: tokens per time bucket, GET /v1/organizations/usage_report/messages. Pages hold whole
// buckets; the next one is named by next_page. Closed buckets keep changing for minutes to hours,
// so recent ones are read again.
//
// API: https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report
#include <string>

#include "streams/registry.hpp"
#include "streams/report.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

/// `limit` counts buckets; these are its documented maxima.
std::int64_t most_buckets(std::string_view width) {
  return width == "1m" ? 1440 : width == "1h" ? 168 : 31;
}

/// What null means in a dimension that was asked for.
TextColumn dimension(const std::string& name) {
  TextColumn column{.name = name, .field = name};
  if (name == "workspace_id") {
    column.null_field = "workspace_id";
    column.null_text = "Default";
  } else if (name == "api_key_id") {
    column.null_field = "api_key_source";
    column.null_text = "console";
  }
  return column;
}

Layout layout(const StreamSettings& settings) {
  Layout layout;
  layout.bucket_width = settings.bucket_width;
  layout.group_by = settings.group_by;
  for (const std::string& name : settings.group_by) layout.texts.push_back(dimension(name));
  layout.counts = {
      {"uncached_input_tokens", "uncached_input_tokens", true},
      {"cache_read_input_tokens", "cached_input_tokens", true},
      {"output_tokens", "output_tokens", true},
      {"cache_creation.ephemeral_5m_input_tokens", "cache_creation_5m_input_tokens", false},
      {"cache_creation.ephemeral_1h_input_tokens", "cache_creation_1h_input_tokens", false},
      {"server_tool_use.web_search_requests", "web_search_requests", false},
  };
  layout.sums = {{"cache_creation_input_tokens", {3, 4}}};
  return layout;
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  ReportEndpoint endpoint;
  endpoint.path = "/v1/organizations/usage_report/messages";
  endpoint.headers = {{"anthropic-version", std::string(api_version)}};
  if (settings.groups_by("speed"))
    endpoint.headers.push_back({"anthropic-beta", "fast-mode-2026-02-01"});
  endpoint.bucket_width = settings.bucket_width;
  endpoint.most_buckets = most_buckets(settings.bucket_width);
  endpoint.group_by = settings.group_by;
  endpoint.keep_original = settings.preserve_original_event;
  return make_report_fetcher(std::move(endpoint), layout(settings));
}

const Registration registration({
    .name = "usage",
    .title = "Token usage",
    .description = "Tokens and server tool calls per time bucket and dimension.",
    .category = "api",
    .path = "/v1/organizations/usage_report/messages",
    .interval = 15min,
    .shortest_interval = 1min,
    .initial_interval = 24h,
    .settle = 5min,
    .widths = {"1h", "1m", "1d"},
    .group_by = {"account_id", "api_key_id", "context_window", "inference_geo", "model",
                 "service_account_id", "service_tier", "speed", "workspace_id"},
    .default_group_by = {"inference_geo", "model", "service_tier", "workspace_id"},
    .open_group_by = true,
    .tiers = {{2h, 0s}, {26h, 1h}, {720h, 24h}},
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
