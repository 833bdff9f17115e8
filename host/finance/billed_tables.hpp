// SPDX-License-Identifier: Apache-2.0
// Tables of what was billed, each by something else, one for every currency. Pure.
#pragma once

#include <vector>

#include "finance/line_item.hpp"
#include "finance/page.hpp"
#include "finance/prices.hpp"

namespace anthropic_metrics::host {

// By workspace, line item, model and token type: greatest first, with their sum.
std::vector<Section> billed_tables(const Books& books);
// Amounts below zero, and what rows were changed by after they had been emitted first.
std::vector<Section> credits_and_corrections(const Books& books);
// Prices, what usage comes to, and where the bill says something else.
std::vector<Section> usage_tables(const UsageBesideCost& beside);

// part / whole in per cent, with two digits; empty if the whole is zero.
std::string percent_of(const Decimal& part, const Decimal& whole);

}  // namespace anthropic_metrics::host
