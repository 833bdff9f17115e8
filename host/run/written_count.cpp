// SPDX-License-Identifier: Apache-2.0
#include "run/written_count.hpp"

#include "outputs/sink.hpp"

namespace anthropic_metrics::host {

void WrittenCount::count(const beat_batch& batch, const std::vector<StreamTarget>& targets) {
  std::vector<Sum> by_stream(targets.size());
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    const beat_doc& doc = document(batch, i);
    Sum& sum = by_stream.at(doc.stream);
    ++sum.documents;
    sum.bytes += doc.json.len + 1;
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (by_stream[i].documents == 0) continue;
    Sum& sum = sums_[{targets[i].dataset, targets[i].data_namespace}];
    sum.documents += by_stream[i].documents;
    sum.bytes += by_stream[i].bytes;
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
