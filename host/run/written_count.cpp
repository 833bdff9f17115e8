// SPDX-License-Identifier: Apache-2.0
#include "run/written_count.hpp"

#include "outputs/sink.hpp"

namespace anthropic_metrics::host {

WrittenCount::Sums WrittenCount::sums_of(const beat_batch& batch, std::size_t streams) {
  Sums by_stream(streams);
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    const beat_doc& doc = document(batch, i);
    if (doc.stream >= streams) continue;  // no output takes such a batch
    ++by_stream[doc.stream].documents;
    by_stream[doc.stream].bytes += doc.json.len + 1;
  }
  return by_stream;
}

void WrittenCount::add(const Sums& sums, const std::vector<StreamTarget>& targets) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (sums[i].documents == 0) continue;
    Sum& sum = sums_[{targets[i].dataset, targets[i].data_namespace}];
    sum.documents += sums[i].documents;
    sum.bytes += sums[i].bytes;
  }
}

WrittenCount::Sum WrittenCount::of(const StreamTarget& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = sums_.find({target.dataset, target.data_namespace});
  return found == sums_.end() ? Sum{} : found->second;
}

std::map<WrittenCount::Key, WrittenCount::Sum> WrittenCount::all() const {
  const std::lock_guard lock(mutex_);
  return sums_;
}

}  // namespace anthropic_metrics::host
