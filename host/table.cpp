// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>
#include <cstddef>

#include "base/printable.hpp"

namespace anthropic_metrics::host {
namespace {

// Columns that a text takes on a terminal: continuation bytes of UTF-8 take none.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::size_t fraction_width(std::string_view text) {
  const std::size_t point = text.rfind('.');
  const bool number =
      !text.empty() && text.find_first_not_of("0123456789,.-") == std::string_view::npos;
  return !number || point == std::string_view::npos ? 0 : text.size() - point;
}

// Pads fractions of one column so that their points stand below each other.
void align_points(std::vector<Row>& rows, std::size_t column) {
  std::size_t longest = 0;
  for (const Row& row : rows) {
    if (column < row.size()) longest = std::max(longest, fraction_width(row[column]));
  }
  for (std::size_t i = 1; i < rows.size() && longest > 0; ++i) {
    if (column < rows[i].size())
      rows[i][column].append(longest - fraction_width(rows[i][column]), ' ');
  }
}

}  // namespace

std::string table(std::vector<Row> rows) {
  for (Row& row : rows)
    for (std::string& cell : row) cell = printable(cell);
  std::vector<std::size_t> widths;
  for (const Row& row : rows) widths.resize(std::max(widths.size(), row.size()));
  for (std::size_t column = 1; column < widths.size(); ++column) align_points(rows, column);
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], width(row[column]));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths[column] - width(row[column]), ' ');
      line += column == 0 ? row[column] + padding : "  " + padding + row[column];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string grouped(std::string_view decimal) {
  std::string text(decimal);
  const std::size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  for (std::size_t at = std::min(text.find('.'), text.size()); at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

}  // namespace anthropic_metrics::host
