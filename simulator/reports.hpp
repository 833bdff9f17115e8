// SPDX-License-Identifier: Apache-2.0
// The text of answers: bucketed reports and lists, written straight into one string because a page
// can have hundreds of thousands of rows. Keys come in the order of the documentation's samples.
#pragma once

#include <functional>
#include <string>

#include "parameters.hpp"
#include "rate_limit_data.hpp"

namespace anthropic_metrics::simulator {

/// How a page may be wrong. A client must notice each of them.
enum class PageFault { none, missing_bucket, repeated_bucket, page_loop, missing_page_token };

/// `{"data":[buckets...],"has_more":...,"next_page":...}`.
std::string usage_page(const UsageRequest& request, const Organization& organization,
                       const UsageData& data, Instant as_of, PageFault fault = PageFault::none);
std::string cost_page(const CostRequest& request, const CostData& data, Instant as_of,
                      PageFault fault = PageFault::none);

/// One entry of a rate-limit list. `workspace_id` empty means the organization's list. Versions
/// from 2026-10-21 on no longer send `group_type` on its own; then `group_type` is false.
void append_rate_limit(std::string& out, const RateLimit& limit, std::string_view workspace_id,
                       bool group_type);

}  // namespace anthropic_metrics::simulator
