// SPDX-License-Identifier: Apache-2.0
#include "proof/row_document.hpp"

#include <algorithm>
#include <cstddef>

namespace anthropic_metrics::host {

void Measures::add(const Measures& other) {
  counts.resize(std::max(counts.size(), other.counts.size()));
  amounts.resize(std::max(amounts.size(), other.amounts.size()));
  for (std::size_t i = 0; i < other.counts.size(); ++i) counts[i] += other.counts[i];
  for (std::size_t i = 0; i < other.amounts.size(); ++i)
    if (!other.amounts[i].zero()) amounts[i] = amounts[i] + other.amounts[i];
}

bool Measures::zero() const {
  return std::all_of(counts.begin(), counts.end(), [](Whole count) { return count == 0; }) &&
         std::all_of(amounts.begin(), amounts.end(),
                     [](const Decimal& amount) { return amount.zero(); });
}

bool Measures::operator==(const Measures& other) const {
  const auto count = [](const Measures& of, std::size_t i) {
    return i < of.counts.size() ? of.counts[i] : Whole(0);
  };
  const auto amount = [](const Measures& of, std::size_t i) {
    return i < of.amounts.size() ? of.amounts[i] : Decimal();
  };
  for (std::size_t i = 0; i < std::max(counts.size(), other.counts.size()); ++i)
    if (count(*this, i) != count(other, i)) return false;
  for (std::size_t i = 0; i < std::max(amounts.size(), other.amounts.size()); ++i)
    if (!(amount(*this, i) == amount(other, i))) return false;
  return true;
}

std::string to_text(const Grain& grain) {
  std::string text = grain.width;
  for (std::size_t i = 0; i < grain.group_by.size(); ++i)
    text += (i == 0 ? " by " : ", ") + grain.group_by[i];
  return text;
}

}  // namespace anthropic_metrics::host
