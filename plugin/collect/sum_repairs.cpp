// SPDX-License-Identifier: Apache-2.0
#include "collect/sum_repairs.hpp"

#include <utility>

namespace anthropic_metrics {

SumRepairs::SumRepairs(const streams::Layout& layout, const DocumentWriter::Constants& constants,
                       std::chrono::seconds width, RowKeys& keys)
    : layout_(layout), width_(width), keys_(keys), writer_(layout, constants) {
  batch_.stream = constants.stream;
}

void SumRepairs::take_away(Instant bucket, const std::string& text, const ledger::RecordRow& row,
                           const std::vector<std::int64_t>& beyond) {
  std::vector<std::int64_t> sums;
  for (const std::int64_t more : beyond)
    sums.push_back(static_cast<std::int64_t>(-static_cast<std::uint64_t>(more)));
  DocumentValues values;
  values.timestamp = values.start = bucket;
  values.end = bucket + width_;
  values.text = &text;
  values.row = &row.row;
  values.counts_present = ~0u;
  values.sums = sums.data();
  values.revision = row.revision;
  values.total_counts = row.row.counts.data();
  RowKeys::Measures by{values.counts, {}, sums.data()}, to{row.row.counts.data()};
  for (std::size_t which = 0; which < layout_.amounts(); ++which) {
    const streams::Text& money = row.row.money(which);
    values.amounts[which] = "0";
    values.total_amounts[which] = std::string_view(text).substr(money.offset, money.size);
    by.amounts[which] = values.amounts[which];
    to.amounts[which] = values.total_amounts[which];
  }
  const std::string id = document_id(row.key, row.revision, keys_.step(by, to));
  values.id = id;
  batch_.add(writer_.write(values), id, bucket);
}

std::vector<Batch> SumRepairs::take(std::size_t most_documents, std::size_t most_bytes) {
  if (batch_.empty()) return {};
  return cut(std::exchange(batch_, {}), most_documents, most_bytes);
}

}  // namespace anthropic_metrics
