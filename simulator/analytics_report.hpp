// SPDX-License-Identifier: Apache-2.0
// GET /v1/organizations/analytics/usage and .../cost: what may be asked, and the pages that answer.
#pragma once

#include <string>

#include "analytics_data.hpp"
#include "parameters.hpp"
#include "reports.hpp"

namespace anthropic_metrics::simulator {

struct AnalyticsRequest {
  AnalyticsQuery query;
  Refresh refresh;
  std::string_view order_by;
  bool ascending = false;
  std::size_t limit = 20;
  std::size_t offset = 0;  ///< rows before this page, not counting what they fan out into
  std::uint64_t binding = 0;
};

/// The 400 that the API would answer, or the 410 of a page token from before the latest refresh.
Result<AnalyticsRequest> parse_analytics_request(const Target& target, const Options& options,
                                                 Instant now, bool cost);

/// `limit` counts rows before the fan-out by cost and token type, so that a page can be longer.
std::string analytics_page(const AnalyticsRequest& request, const AnalyticsData& data,
                           const Options& options, Instant now, PageFault fault = PageFault::none);

}  // namespace anthropic_metrics::simulator
