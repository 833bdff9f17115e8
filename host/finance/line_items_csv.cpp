// SPDX-License-Identifier: Apache-2.0
#include "finance/line_items_csv.hpp"

#include <array>
#include <set>

#include "base/time_text.hpp"
#include "finance/csv.hpp"
#include "finance/currency.hpp"

namespace anthropic_metrics::host {
namespace {

// Dimensions that have a column whether or not an item has them.
constexpr std::array<std::string_view, 8> usual{"workspace_id",   "description",  "cost_type",
                                                "token_type",     "model",        "service_tier",
                                                "context_window", "inference_geo"};

// The others that items have, by name.
std::vector<std::string> more_dimensions(const std::vector<Books>& organizations) {
  std::set<std::string, std::less<>> names;
  for (const Books& books : organizations)
    for (const LineItem& item : books.items)
      for (const auto& [name, value] : item.dimensions) names.insert(name);
  for (const std::string_view name : usual) names.erase(std::string(name));
  return {names.begin(), names.end()};
}

std::vector<std::string> cells_of(const Books& books, const LineItem& item,
                                  const std::vector<std::string>& more) {
  std::vector<std::string> cells{
      books.organization,
      books.organization_name,
      format_rfc3339(item.start),
      format_rfc3339(item.end),
      item.currency,
      units_of(item.cents, item.currency).text(),
      item.cents.text(),
      item.list_cents ? units_of(*item.list_cents, item.currency).text() : std::string(),
      item.list_cents ? item.list_cents->text() : std::string(),
      item.workspace_name,
      item.api_key_name};
  for (const std::string_view name : usual) cells.emplace_back(value_of(item.dimensions, name));
  for (const std::string& name : more) cells.emplace_back(value_of(item.dimensions, name));
  return cells;
}

}  // namespace

std::string line_items_csv(const std::vector<Books>& organizations) {
  const std::vector<std::string> more = more_dimensions(organizations);
  std::vector<std::string> heading{"organization_id",
                                   "organization_name",
                                   "start",
                                   "end",
                                   "currency",
                                   "amount",
                                   "amount_cents",
                                   "list_amount",
                                   "list_amount_cents",
                                   "workspace_name",
                                   "api_key_name"};
  heading.insert(heading.end(), usual.begin(), usual.end());
  heading.insert(heading.end(), more.begin(), more.end());
  std::string text = csv_line(heading);
  for (const Books& books : organizations)
    for (const LineItem& item : books.items) text += csv_line(cells_of(books, item, more));
  return text;
}

}  // namespace anthropic_metrics::host
