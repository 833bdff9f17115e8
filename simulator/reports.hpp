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

/// What an entry of a rate-limit list has, beside what it always has.
struct LimitForm {
  bool group_type = true;  ///< versions from 2026-10-21 on no longer send it on its own
  bool source = true;      ///< of a workspace's limit, from `sources_are_sent` on
};
inline constexpr Instant sources_are_sent = std::chrono::sys_days{std::chrono::year{2026} / 9 / 28};

/// `workspace_id` empty means the organization's list.
void append_rate_limit(std::string& out, const RateLimit& limit, std::string_view workspace_id,
                       const LimitForm& form);

}  // namespace anthropic_metrics::simulator
