// SPDX-License-Identifier: Apache-2.0
// Rows as a store adds them up, made what the ledger keeps. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "collect/grains.hpp"
#include "ledger/ledger.hpp"
#include "ledger/row_keys.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// The grain of the rows, which the first of them tells; what it does not say, or where there is
/// none, is that of `otherwise`. ndjson: a row a line, as beat_read.h has it. Errc::argument with
/// line and fault.
Result<Grain> told_grain(std::string_view ndjson, std::string_view stream, const Grain& otherwise);

/// What rows are told of, and by what they are named; all is borrowed.
struct ToldOf {
  std::string_view stream;
  const Grain& grain;                  ///< Of all rows.
  const Grain& otherwise;              ///< What a row means that does not say its grain.
  const std::string& organization_id;  ///< Of all rows that say theirs.
  const streams::Layout& layout;
  streams::Window window;
  std::chrono::seconds width;
};

/// Rows that are known of a bucket and that nobody tells: those that were set aside.
using KeptRows = std::map<Instant, std::vector<ledger::RecordRow>>;

/// Told of a row whose derived sums are not those of its counts: what is beyond them, by
/// Layout::sums. The row's revision is raised then, for the document that takes that away.
using OnSums =
    std::function<void(Instant bucket, const std::string& text, const ledger::RecordRow& row,
                       const std::vector<std::int64_t>& beyond)>;

/// The records of all buckets that the rows are of, and of those that have something to keep.
/// Errc::argument with the line and the fault: a row of another grain, bucket or organization, one
/// that is named twice, a number that is none.
Result<std::vector<ledger::Commit::Record>> told_records(std::string_view ndjson, const ToldOf& of,
                                                         RowKeys& keys, const KeptRows& keep,
                                                         const OnSums& on_sums);

}  // namespace anthropic_metrics
