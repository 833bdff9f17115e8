// SPDX-License-Identifier: Apache-2.0
#include "proof/bucket.hpp"

#include <algorithm>

namespace anthropic_metrics::host {

std::int64_t RowTotal::newest_revision() const {
  return revisions.empty() ? 0 : *std::max_element(revisions.begin(), revisions.end());
}

bool RowTotal::has_hole() const {
  if (revisions.empty()) return false;
  std::vector<std::int64_t> sorted = revisions;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  // What corrects another collector's documents begins with a correction.
  const std::int64_t first = foreign > 0 ? sorted.front() : 0;
  return sorted.front() != first ||
         sorted.back() - first + 1 != static_cast<std::int64_t>(sorted.size());
}

void Bucket::add(const RowDocument& document) {
  start = document.start;
  end = document.end;
  RowTotal& row = rows[document.dimensions];
  row.measures.add(document.measures);
  ++row.documents;
  if (document.ours)
    row.revisions.push_back(document.revision);
  else
    ++row.foreign;
}

}  // namespace anthropic_metrics::host
