// SPDX-License-Identifier: Apache-2.0
// Which usage a line item bills. Reports do not say; this rule joins them where only one answer is
// possible, and leaves the rest alone:
//
//   1. A line item takes part if it is of a meter (a kind of tokens, or web searches) and not below
//      zero: a credit has no usage of its own.
//   2. Usage and line item are held together by bucket, meter, and each dimension that usage is
//      split by and line items of the meter carry (the shared ones). What one of both says and the
//      other does not is not equal.
//   3. Usage must be split by all that line items of tokens are told apart by in usage's words:
//      model, service tier, and workspace if the bill is. Without it, usage of one row would be
//      that of several line items, or of the priority tier, which is never part of the bill.
//   4. Of web searches line items carry no tier. Where some were made in the priority tier, nobody
//      knows whether they are billed there.
//   5. Of line items that are equal in all this (other currencies, context windows that usage is
//      not split by) none is joined: which of them has what part of the usage is not told.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "finance/line_item.hpp"

namespace anthropic_metrics::host {

// What a line item and its usage have in common, but for the bucket.
struct UsageKey {
  std::size_t meter = 0;
  Dimensions shared;
  auto operator<=>(const UsageKey&) const = default;
};

// The rule for the books of a period, as far as it does not depend on single buckets.
class JoinRule {
 public:
  explicit JoinRule(const Books& books);

  // Nothing if the item takes no part, or its meter cannot be joined in these books.
  std::optional<UsageKey> key_of(const LineItem& item) const;
  // Nothing if the usage is none of the meter.
  std::optional<UsageKey> key_of(const Usage& usage, std::size_t meter) const;
  // Whether it is of the priority tier and line items do not say theirs: it may be billed or not.
  bool doubtful(const Usage& usage, std::size_t meter) const;
  // Why items of the meter cannot be joined at all; empty if they can.
  const std::string& hindrance(std::size_t meter) const { return meters_[meter].hindrance; }

 private:
  struct OfMeter {
    std::set<std::string, std::less<>> shared;  // names of dimensions
    std::string hindrance;
  };
  Dimensions part(const Dimensions& whole, std::size_t meter) const;

  std::array<OfMeter, meter_count> meters_;
};

// In the order of the books' line items: how much of the item's meter it bills. Nothing where no
// usage, or no single line item, answers to the other.
std::vector<std::optional<Whole>> joined_quantities(const Books& books);

}  // namespace anthropic_metrics::host
