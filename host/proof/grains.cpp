// SPDX-License-Identifier: Apache-2.0
#include "proof/grains.hpp"

#include <algorithm>
#include <iterator>

namespace anthropic_metrics::host {

void Times::add(std::int64_t from, std::int64_t to) {
  if (from >= to) return;
  auto next = parts_.upper_bound(from);
  if (next != parts_.begin() && std::prev(next)->second >= from) --next;
  while (next != parts_.end() && next->first <= to) {
    from = std::min(from, next->first);
    to = std::max(to, next->second);
    next = parts_.erase(next);
  }
  parts_.emplace(from, to);
}

bool Times::meets(std::int64_t from, std::int64_t to) const {
  const auto next = parts_.lower_bound(to);
  return next != parts_.begin() && std::prev(next)->second > from;
}

void Grains::saw(const Grain& grain, std::int64_t start, std::int64_t end) {
  if (grain == configured_)
    of_configured_.add(start, end);
  else
    seen_[grain][start] = end;
}

void Grains::decide() {
  Times taken = of_configured_;
  std::vector<const Grain*> order;
  for (const auto& [grain, buckets] : seen_) order.push_back(&grain);
  // The one most like the configured grain comes first.
  std::stable_sort(order.begin(), order.end(), [&](const Grain* a, const Grain* b) {
    return (a->width == configured_.width) > (b->width == configured_.width);
  });
  for (const Grain* grain : order) {
    Times own;
    for (const auto& [start, end] : seen_[*grain])
      if (!taken.meets(start, end)) own.add(start, end);
    if (own.empty()) continue;
    for (const auto& [from, to] : own.parts()) taken.add(from, to);
    others_.emplace(*grain, std::move(own));
  }
  seen_.clear();
}

bool Grains::counts(const Grain& grain, std::int64_t start, std::int64_t end) const {
  if (grain == configured_) return true;
  const auto other = others_.find(grain);
  return other != others_.end() && other->second.meets(start, end);
}

bool Grains::by_another(std::int64_t start, std::int64_t end) const {
  return std::any_of(others_.begin(), others_.end(),
                     [&](const auto& other) { return other.second.meets(start, end); });
}

}  // namespace anthropic_metrics::host
