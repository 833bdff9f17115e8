// SPDX-License-Identifier: Apache-2.0
// Decodes a page of a sparse report, entry by entry, into parts of buckets. Memory holds one entry
// and the page's rows, packed and added up.
//
// An entry that is no object, or does not say which bucket it is of, is set aside in the bucket of
// the entry before: Bucket::unsure says that it may be of another. What is out of order or was not
// asked for is an error: order is what proves that buckets are whole.
#pragma once

#include <memory>

#include "streams/rows_report.hpp"

namespace anthropic_metrics::streams {

/// endpoint and layout must outlive the decoder. rest: what the page was asked for, from the bucket
/// that is open.
std::unique_ptr<Decoder> make_rows_decoder(const RowsEndpoint& endpoint, const Layout& layout,
                                           const Window& rest,
                                           std::size_t most_rows = most_page_rows);

}  // namespace anthropic_metrics::streams
