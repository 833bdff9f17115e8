// SPDX-License-Identifier: Apache-2.0
// Decodes the envelope that the usage and cost reports share: data[] of buckets, results[] of rows,
// has_more, next_page. Incremental: memory holds one piece of the body and one bucket.
//
// Rows of a bucket whose texts are equal are one row, added up.
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

/// Of one bucket, after equal rows were added up. Whoever asks for more groups than that wants
/// fewer dimensions.
inline constexpr std::size_t most_bucket_rows = 2'000'000;

/// layout must outlive the decoder. keep_original fills Row::original.
std::unique_ptr<Decoder> make_report_decoder(const Layout& layout, bool keep_original,
                                             std::size_t most_rows = most_bucket_rows);

}  // namespace anthropic_metrics::streams
