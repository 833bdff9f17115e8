// SPDX-License-Identifier: Apache-2.0
// Usage beside cost: what a token was effectively billed at over a period, what the usage of each
// workspace comes to at that, and where its bill says something else. Only days that have both, and
// only what the rule of join.hpp holds together, without the workspace.
#pragma once

#include <string>
#include <vector>

#include "finance/join.hpp"

namespace anthropic_metrics::host {

// Digits behind the point of cents that quotients are told with.
inline constexpr unsigned implied_places = 10;

struct Price {
  UsageKey key;  // without workspace_id
  std::string currency;
  Whole quantity = 0;
  Decimal cents;
};

// What a workspace was billed for one price's kind of usage, and what its usage comes to.
struct Implied {
  std::string workspace_id, workspace_name;
  std::string currency;
  UsageKey key;        // without workspace_id; of a sum over all of them empty
  Whole quantity = 0;  // likewise 0
  Decimal billed, implied;

  Decimal difference() const { return billed - implied; }
};

struct UsageBesideCost {
  std::size_t days = 0, days_of_bill = 0;  // that have both; that have line items
  std::vector<Price> prices;               // in order of currency and key
  std::vector<Implied> workspaces;         // all, summed over prices
  std::vector<Implied> beyond;             // of one price each: further off than the tolerance
  std::vector<std::string> notes;          // sentences: what is not held together, and why
};

// tolerance: a share, 0.01 is 1 %.
UsageBesideCost usage_beside_cost(const Books& books, const Decimal& tolerance);

// Whether billed is further from implied than that share of it.
bool is_beyond(const Decimal& billed, const Decimal& implied, const Decimal& tolerance);

}  // namespace anthropic_metrics::host
