// SPDX-License-Identifier: Apache-2.0
// Line items as a table for spreadsheets: what `export csv` prints. Pure.
#pragma once

#include <string>
#include <vector>

#include "finance/line_item.hpp"

namespace anthropic_metrics::host {

// A heading and a line for each item; docs/finance.md describes the columns. Amounts are exact, in
// units and in minor units of the currency.
std::string line_items_csv(const std::vector<Books>& organizations);

}  // namespace anthropic_metrics::host
