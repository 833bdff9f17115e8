// SPDX-License-Identifier: Apache-2.0
// Compares what the API says of a stream with what a store has of it, bucket by bucket, in one pass
// over both. Pure but for the sources that it reads from: it holds what begins at one moment.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "proof/audit_report.hpp"
#include "proof/document_source.hpp"
#include "proof/findings.hpp"
#include "proof/grains.hpp"

namespace anthropic_metrics::host {

// What the API says in one grain.
struct ApiSide {
  Grain grain;
  DocumentSource* source = nullptr;  // outlives the comparison
};

struct Comparison {
  const RowFields& fields;
  const Grains& grains;
  std::vector<ApiSide> api;  // of the configured grain first
  DocumentSource& store;
  // Buckets that end later may be on their way to the store.
  std::int64_t settled_until = std::numeric_limits<std::int64_t>::max();
  // The id that a document must have; an empty text: no report of this grain could say it. No
  // function: nobody can say.
  std::function<std::string(std::string_view json)> id_of{};
};

// Adds to the audit, whose stream, grain and time are told already, and to the findings. A failure
// of a source is final: then the audit has what was compared before. Documents that cannot be read
// are a failure at the end.
Result<void> compare(const Comparison& comparison, StreamAudit& audit, Findings& findings);

}  // namespace anthropic_metrics::host
