// SPDX-License-Identifier: Apache-2.0
// Decodes the envelope that the usage and cost reports share: data[] of buckets, results[] of rows,
// has_more, next_page. Incremental: memory holds one piece of the body and one bucket.
//
// A row that is not as documented is set aside as an OddRow and reading goes on behind it. Counts
// may be below zero: rows with equal dimensions add up, which is how a report takes something back.
// Without has_more, a next_page is followed. What is wrong outside of rows is an error.
//
// Shape: https://platform.claude.com/docs/en/api/admin-api/usage-cost (Get Messages Usage Report,
// Get Cost Report).
#pragma once

#include <memory>

#include "streams/fetcher.hpp"

namespace anthropic_metrics::streams {

/// layout must outlive the decoder. keep_original fills Row::original.
std::unique_ptr<Decoder> make_report_decoder(const Layout& layout, bool keep_original);

}  // namespace anthropic_metrics::streams
