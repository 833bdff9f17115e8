// SPDX-License-Identifier: Apache-2.0
// What is asked of Elasticsearch and OpenSearch to read a stream's documents, as text. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "proof/row_document.hpp"
#include "proof/row_fields.hpp"

namespace anthropic_metrics::host {

// Documents whose bucket begins in the time; of this organization or none. Times: seconds since
// 1970 UTC.
boost::json::object query_of(const RowFields& fields, std::int64_t from, std::int64_t to,
                             const std::string& organization);

// The body of a search that begins a scroll.
std::string scroll_body(const RowFields& fields, std::int64_t from, std::int64_t to,
                        const std::string& organization);

// The body of a search for the first and the last moment of documents of another grain, as the
// aggregations `from` and `to`.
std::string other_grains_body(const RowFields& fields, const Grain& grain, std::int64_t from,
                              std::int64_t to);

// The body of a search for documents of the time that the pipeline could not process: how many, and
// one of them.
std::string pipeline_errors_body(const RowFields& fields, std::int64_t from, std::int64_t to);

// The body of a count of documents of the time that are no rows of the stream.
std::string foreign_body(const RowFields& fields, std::int64_t from, std::int64_t to);

}  // namespace anthropic_metrics::host
