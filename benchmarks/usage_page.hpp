// SPDX-License-Identifier: Apache-2.0
// The yardstick of benchmarks: an answer about usage, and what is asked of it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "base/time_text.hpp"
#include "ledger/document.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics {

inline const Instant first_bucket{std::chrono::sys_days(std::chrono::year(2026) / 9 / 1)};

/// One-minute buckets with as many rows each. generation: changes one number of each row.
inline std::string usage_page(int buckets, int rows, int generation = 0) {
  std::string out = R"({"data":[)";
  for (int b = 0; b < buckets; ++b) {
    out += fmt::format(R"({}{{"starting_at":"{}","ending_at":"{}","results":[)", b ? "," : "",
                       format_rfc3339(first_bucket + std::chrono::minutes(b)),
                       format_rfc3339(first_bucket + std::chrono::minutes(b + 1)));
    for (int r = 0; r < rows; ++r)
      out += fmt::format(
          R"({}{{"account_id":null,"api_key_id":null,"cache_creation":{{"ephemeral_1h_input_tokens":{},"ephemeral_5m_input_tokens":{}}},"cache_read_input_tokens":{},"context_window":null,"inference_geo":"global","model":"claude-sonnet-{}","output_tokens":{},"server_tool_use":{{"web_search_requests":{}}},"service_account_id":null,"service_tier":"standard","uncached_input_tokens":{},"workspace_id":"wrkspc_01Invented{:014}"}})",
          r ? "," : "", r * 7, r * 311 + b, r * 100'003 + b, r % 8, r * 977 + generation, r % 5,
          r * 4001 + b, r / 8);
    out += "]}";
  }
  return out + R"(],"has_more":false,"next_page":null})";
}

inline streams::StreamSettings usage_settings() {
  streams::StreamSettings settings;
  settings.bucket_width = "1m";
  settings.group_by = {"inference_geo", "model", "service_tier", "workspace_id"};
  settings.tags = {"forwarded"};
  return settings;
}

inline DocumentWriter::Constants usage_constants() {
  DocumentWriter::Constants constants;
  constants.stream = "usage";
  constants.category = "api";
  constants.dataset = "anthropic_metrics.usage";
  constants.data_stream_namespace = "default";
  constants.tags = {"forwarded"};
  constants.organization_id = "11111111-2222-4333-8444-555555555555";
  return constants;
}

}  // namespace anthropic_metrics
