// SPDX-License-Identifier: Apache-2.0
#include "finance/csv.hpp"

#include "base/decimal.hpp"

namespace anthropic_metrics::host {
namespace {

bool is_formula(std::string_view cell) {
  constexpr std::string_view signs("=+-@\t\r");
  return !cell.empty() && signs.find(cell.front()) != std::string_view::npos &&
         !Decimal::parse(cell);
}

void append_cell(std::string& line, std::string_view cell) {
  const bool guarded = is_formula(cell);
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (guarded) line += '\'';
    line += cell;
    return;
  }
  line += guarded ? "\"'" : "\"";
  for (const char c : cell) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    append_cell(line, cells[i]);
  }
  return line + "\r\n";
}

}  // namespace anthropic_metrics::host
