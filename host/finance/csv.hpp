// SPDX-License-Identifier: Apache-2.0
// Lines of comma-separated values as RFC 4180 has them, ended by CR and LF, which no spreadsheet
// takes for formulas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

// A line with its end. A cell that a spreadsheet would calculate (it begins with =, +, -, @, a tab
// or a carriage return) gets an apostrophe before it, unless it is a number.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace anthropic_metrics::host
