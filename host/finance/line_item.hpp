// SPDX-License-Identifier: Apache-2.0
// What finance works with: the line items of an organization's bill over some time, as the cost
// reports tell them, and the usage beside them. Values only; where they come from does not matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "proof/whole.hpp"

namespace anthropic_metrics::host {

// By name, as documents have them. One that does not apply is absent.
using Dimensions = std::map<std::string, std::string, std::less<>>;

// Empty if it is absent.
std::string_view value_of(const Dimensions& dimensions, std::string_view name);

// One bucket and one tuple of dimensions of the bill, with all its corrections.
struct LineItem {
  Instant start, end;
  Dimensions dimensions;  // all but the currency
  std::string currency;
  Decimal cents;                      // the currency's minor unit
  std::optional<Decimal> list_cents;  // by list price, where the report says it
  // As they were when the newest document of the row was written; empty: nobody said.
  std::string workspace_name, api_key_name;
  std::vector<std::string> workspace_tags;  // "key:value"
};

inline constexpr std::size_t meter_count = 6;
// By meter, see meters.hpp.
using Counts = std::array<Whole, meter_count>;

// Usage of one bucket of the bill, by the dimensions that line items have too.
struct Usage {
  Instant start;
  Dimensions dimensions;
  Counts counts{};
};

// What a row of the bill was changed by after it had been emitted first.
struct Correction {
  Instant start;
  std::string currency;
  std::string workspace_id, description;
  std::int64_t revision = 0;
  Decimal cents;
};

// Of one organization, over one period.
struct Books {
  std::string organization;       // id; empty: no document says it
  std::string organization_name;  // likewise
  std::vector<LineItem> items;    // in order of start, dimensions, currency; none is zero
  std::vector<Usage> usage;       // in order of start, dimensions
  std::vector<Correction> corrections;
  std::set<std::string, std::less<>> cost_group_by, usage_group_by;
  std::vector<std::string> problems;  // sentences: what keeps the sums from being right
};

// By currency: amounts of two currencies are never added.
std::map<std::string, Decimal> totals_of(const Books& books);

}  // namespace anthropic_metrics::host
