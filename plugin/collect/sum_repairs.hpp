// SPDX-License-Identifier: Apache-2.0
// Documents that mend derived sums in a store. What another collector wrote may have a sum without
// its parts, or another one; corrections of the parts would leave it wrong for ever. So what is
// beyond the parts is taken away once, by a correction that changes nothing else.
#pragma once

#include <string>
#include <vector>

#include "ledger/batch.hpp"
#include "ledger/document.hpp"
#include "ledger/record.hpp"
#include "ledger/row_keys.hpp"

namespace anthropic_metrics {

class SumRepairs {
 public:
  /// layout and keys are borrowed. width: of a bucket.
  SumRepairs(const streams::Layout& layout, const DocumentWriter::Constants& constants,
             std::chrono::seconds width, RowKeys& keys);

  /// row: with the revision of the document; text: the block of its places. beyond: by
  /// Layout::sums, how much more each is than its parts.
  void take_away(Instant bucket, const std::string& text, const ledger::RecordRow& row,
                 const std::vector<std::int64_t>& beyond);

  /// All documents, in batches of at most so many documents and bytes.
  std::vector<Batch> take(std::size_t most_documents, std::size_t most_bytes);

 private:
  const streams::Layout& layout_;
  std::chrono::seconds width_;
  RowKeys& keys_;
  DocumentWriter writer_;
  Batch batch_;
};

}  // namespace anthropic_metrics
