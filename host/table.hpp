// SPDX-License-Identifier: Apache-2.0
// Aligned columns for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

using Row = std::vector<std::string>;

// Each row as an indented line; the first row is the heading. The first column is aligned to the
// left, the others to the right, decimals at their point.
std::string table(std::vector<Row> rows);

// 1234567 as "1,234,567"; a fraction stays as it is.
std::string grouped(std::string_view decimal);

}  // namespace anthropic_metrics::host
