// SPDX-License-Identifier: Apache-2.0
// Compares documents of the activity of Enterprise organizations with what the API tells.
#pragma once

#include "check.hpp"
#include "documents.hpp"

namespace anthropic_metrics::simulator {

/// All days that the documents cover, as told at `as_of`.
StreamCheck check_activity(const Options& options, Instant as_of,
                           const ActivityDocuments& documents);

/// Of each day that has a document, what the one with the highest revision says.
StreamCheck check_summaries(const Options& options, Instant as_of,
                            const SummaryDocuments& documents);

}  // namespace anthropic_metrics::simulator
