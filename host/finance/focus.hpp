// SPDX-License-Identifier: Apache-2.0
// Line items in the columns of FOCUS 1.2, the FinOps Open Cost and Usage Specification: what
// `export focus` prints. Pure. docs/finance.md says how each column is filled, and which are left
// empty because the API does not tell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "finance/line_item.hpp"

namespace anthropic_metrics::host {

// invoice: the number of the invoice that the lines are on, as somebody says it; empty: nobody.
std::string focus_csv(const std::vector<Books>& organizations, const std::string& invoice);

// An id that follows from a line item's description and stays as long as it does: small letters,
// digits, points and hyphens. Descriptions that differ in case or punctuation only share one.
std::string sku_of(std::string_view description);

}  // namespace anthropic_metrics::host
