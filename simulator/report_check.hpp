// SPDX-License-Identifier: Apache-2.0
// Compares what documents of the analytics reports and of Claude Code add up to with what the API
// reports.
#pragma once

#include "api.hpp"
#include "check.hpp"
#include "documents.hpp"

namespace anthropic_metrics::simulator {

/// All buckets from the first to the last that the documents cover, as the reports are at `as_of`.
/// Buckets beyond the watermark of then, which an earlier one may have covered, are not compared;
/// beyond any watermark so far they are differences.
StreamCheck check_analytics(const Api& api, const Options& options, Instant as_of, bool cost,
                            const std::string& width, const Documents::GroupBy& group_by,
                            const AnalyticsDocuments& documents);

/// All days that the documents cover. If they do not name the actors, or hash them, what is
/// compared are the sums over them.
StreamCheck check_claude_code(const Api& api, const Options& options, Instant as_of,
                              const ClaudeCodeDocuments& documents);

}  // namespace anthropic_metrics::simulator
