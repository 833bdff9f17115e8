// SPDX-License-Identifier: Apache-2.0
#include "ledger/document_sum.hpp"

namespace anthropic_metrics::ledger {
namespace {

/// Modulo 2^64: what a store was told to hold may be anything.
std::int64_t wrapped(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}

}  // namespace

DocumentSum& DocumentSum::operator+=(const DocumentSum& other) {
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = wrapped(counts[i], static_cast<std::uint64_t>(other.counts[i]));
  cents = cents + other.cents;
  money = money || other.money;
  return *this;
}

DocumentSum& DocumentSum::operator-=(const DocumentSum& other) {
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = wrapped(counts[i], 0 - static_cast<std::uint64_t>(other.counts[i]));
  cents = cents - other.cents;
  return *this;
}

RowSums::RowSums(const streams::Layout& layout) : layout_(layout), currency_(layout.currency()) {}

/// Every cost of today's API is in dollars; another currency would not add up with them.
bool RowSums::in_dollars(const BucketRecord& record, const streams::Row& row) const {
  if (currency_ == layout_.texts.size()) return true;
  const streams::Text& currency = row.texts[currency_];
  return currency.state != streams::Text::State::present || record.view(currency) == "USD";
}

void RowSums::add(DocumentSum& sum, const BucketRecord& record, const streams::Row& row,
                  const std::int64_t* counts, std::string_view amount) const {
  for (std::size_t i = 0; i < sum.counts.size(); ++i)
    sum.counts[i] = wrapped(sum.counts[i], static_cast<std::uint64_t>(counts[i]));
  if (!layout_.money || !in_dollars(record, row)) return;
  const auto cents = Decimal::parse(amount);
  if (!cents) return;
  sum.cents = sum.cents + *cents;
  sum.money = true;
}

}  // namespace anthropic_metrics::ledger
