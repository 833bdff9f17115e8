// SPDX-License-Identifier: Apache-2.0
#include "finance/billed_tables.hpp"

#include <algorithm>
#include <map>

#include "base/time_text.hpp"
#include "finance/currency.hpp"
#include "finance/meters.hpp"

namespace anthropic_metrics::host {
namespace {

using Key = std::vector<std::string>;
using Sums = std::map<Key, Decimal>;

struct Billed {
  const char* name;
  const char* title;
  std::vector<std::string> columns;  // dimensions; amounts follow
};

const std::vector<Billed>& tables() {
  static const std::vector<Billed> all{
      {"by_workspace", "Billed by workspace", {"workspace_id", "workspace_name"}},
      {"by_line_item", "Billed by line item", {"description"}},
      {"by_model", "Billed by model", {"model"}},
      {"by_token_type", "Billed by kind of cost and token type", {"cost_type", "token_type"}}};
  return all;
}

// The newest name of each workspace.
std::map<std::string, std::string, std::less<>> names_of(const Books& books) {
  std::map<std::string, std::string, std::less<>> names;
  for (const LineItem& item : books.items)
    if (!item.workspace_name.empty())
      names[std::string(value_of(item.dimensions, "workspace_id"))] = item.workspace_name;
  return names;
}

Section section_of(const Billed& table, const std::string& currency, const Sums& sums) {
  Section section{table.name, table.title, currency, table.columns, {}, {}};
  section.columns.insert(section.columns.end(), {"share_in_percent", "amount"});
  std::vector<std::pair<Key, Decimal>> rows(sums.begin(), sums.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  Decimal total;
  for (const auto& [key, cents] : rows) total = total + cents;
  for (const auto& [key, cents] : rows) {
    section.rows.push_back(key);
    section.rows.back().push_back(percent_of(cents, total));
    section.rows.back().push_back(units_of(cents, currency).text());
  }
  section.total.resize(section.columns.size());
  section.total.front() = "total";
  section.total.back() = units_of(total, currency).text();
  return section;
}

std::string day_of(Instant start) {
  return format_date(start);
}

}  // namespace

std::string percent_of(const Decimal& part, const Decimal& whole) {
  const auto share = Decimal::quotient(part.shifted(2), whole, 2);
  return share ? share->text() : std::string();
}

std::vector<Section> billed_tables(const Books& books) {
  const auto names = names_of(books);
  std::vector<Section> sections;
  for (const Billed& table : tables()) {
    std::map<std::string, Sums> by_currency;
    for (const LineItem& item : books.items) {
      Key key;
      for (const std::string& column : table.columns) {
        const auto name = names.find(value_of(item.dimensions, "workspace_id"));
        key.emplace_back(column != "workspace_name" ? value_of(item.dimensions, column)
                         : name == names.end()      ? std::string_view()
                                                    : std::string_view(name->second));
      }
      Decimal& sum = by_currency[item.currency][std::move(key)];
      sum = sum + item.cents;
    }
    for (const auto& [currency, sums] : by_currency)
      sections.push_back(section_of(table, currency, sums));
  }
  return sections;
}

std::vector<Section> credits_and_corrections(const Books& books) {
  std::map<std::string, std::pair<Section, Decimal>> credits;
  for (const LineItem& item : books.items) {
    if (!item.cents.negative()) continue;
    auto& [section, total] =
        credits
            .try_emplace(item.currency,
                         Section{"credits",
                                 "Credits: line items below zero",
                                 item.currency,
                                 {"day", "workspace_id", "description", "amount"},
                                 {},
                                 {}},
                         Decimal())
            .first->second;
    section.rows.push_back({day_of(item.start),
                            std::string(value_of(item.dimensions, "workspace_id")),
                            std::string(value_of(item.dimensions, "description")),
                            units_of(item.cents, item.currency).text()});
    total = total + item.cents;
  }
  std::vector<Section> sections;
  for (auto& [currency, credit] : credits) {
    credit.first.total = {"total", "", "", units_of(credit.second, currency).text()};
    sections.push_back(std::move(credit.first));
  }
  struct Changes {
    Decimal up, down;
    std::size_t count = 0;
  };
  std::map<std::string, std::map<Instant, Changes>> corrections;
  for (const Correction& correction : books.corrections) {
    Changes& day = corrections[correction.currency][correction.start];
    Decimal& sum = correction.cents.negative() ? day.down : day.up;
    sum = sum + correction.cents;
    ++day.count;
  }
  for (const auto& [currency, days] : corrections) {
    Section section{"adjustments",
                    "Adjustments: what the API changed after days had been collected, by day",
                    currency,
                    {"day", "corrections", "raised_by", "lowered_by", "amount"},
                    {},
                    {}};
    Decimal total;
    for (const auto& [day, changes] : days) {
      const Decimal change = changes.up + changes.down;
      total = total + change;
      section.rows.push_back(
          {day_of(day), std::to_string(changes.count), units_of(changes.up, currency).text(),
           units_of(changes.down, currency).text(), units_of(change, currency).text()});
    }
    section.total = {"total", "", "", "", units_of(total, currency).text()};
    sections.push_back(std::move(section));
  }
  return sections;
}

namespace {

// Prices are told with so many digits behind the point of a unit.
constexpr unsigned price_places = 6;

// Dimensions that prices are told apart by, each with a column; all keys of one meter have the
// same.
const std::vector<std::string>& price_dimensions() {
  static const std::vector<std::string> names{"model", "service_tier", "context_window",
                                              "inference_geo"};
  return names;
}

// Token type, then the dimensions.
void append_key(std::vector<std::string>& cells, const UsageKey& key) {
  const Meter& meter = meters[key.meter];
  cells.emplace_back(meter.token_type.empty() ? meter.cost_type : meter.token_type);
  for (const std::string& name : price_dimensions()) cells.emplace_back(value_of(key.shared, name));
}

std::string price_of(const Price& price) {
  const auto quantity = Decimal::parse(text_of(price.quantity)).value_or(Decimal());
  const auto one = Decimal::quotient(
      units_of(price.cents, price.currency).shifted(meters[price.key.meter].priced_places),
      quantity, price_places);
  return one ? one->text() : std::string();
}

// What usage comes to is a quotient, and told with as many digits as prices.
void append_implied(std::vector<std::string>& cells, const Implied& one) {
  const auto units = [&](const Decimal& cents) { return units_of(cents, one.currency); };
  cells.push_back(units(one.billed).text());
  cells.push_back(units(one.implied).rounded(price_places).text());
  cells.push_back(units(one.difference()).rounded(price_places).text());
  cells.push_back(percent_of(one.difference(), one.implied));
}

// The section of that currency, begun if it is the first.
Section& of_currency(std::vector<Section>& sections, const Section& empty,
                     const std::string& currency) {
  for (Section& section : sections)
    if (section.name == empty.name && section.currency == currency) return section;
  sections.push_back(empty);
  sections.back().currency = currency;
  return sections.back();
}

}  // namespace

std::vector<Section> usage_tables(const UsageBesideCost& beside) {
  std::vector<std::string> key{"token_type"};
  key.insert(key.end(), price_dimensions().begin(), price_dimensions().end());
  const auto columns = [&](std::vector<std::string> before, const std::vector<std::string>& after) {
    before.insert(before.end(), key.begin(), key.end());
    before.insert(before.end(), after.begin(), after.end());
    return before;
  };
  const std::vector<std::string> implied{"billed", "usage_comes_to", "difference",
                                         "difference_in_percent"};
  const Section prices{"prices", "Effective prices: what was billed, by what was used",
                       "",       columns({}, {"quantity", "price_of", "effective_price", "billed"}),
                       {},       {}};
  Section workspaces{"usage_by_workspace",
                     "Usage of each workspace at these prices",
                     "",
                     {"workspace_id", "workspace_name"},
                     {},
                     {}};
  workspaces.columns.insert(workspaces.columns.end(), implied.begin(), implied.end());
  std::vector<std::string> last{"quantity"};
  last.insert(last.end(), implied.begin(), implied.end());
  const Section beyond{"usage_differs",
                       "Where bill and usage differ by more than the tolerance",
                       "",
                       columns({"workspace_id"}, last),
                       {},
                       {}};
  std::vector<Section> sections;
  for (const Price& price : beside.prices) {
    std::vector<std::string> cells;
    append_key(cells, price.key);
    cells.insert(cells.end(),
                 {text_of(price.quantity), std::string(meters[price.key.meter].priced_unit),
                  price_of(price), units_of(price.cents, price.currency).text()});
    of_currency(sections, prices, price.currency).rows.push_back(std::move(cells));
  }
  for (const Implied& one : beside.workspaces) {
    std::vector<std::string> cells{one.workspace_id, one.workspace_name};
    append_implied(cells, one);
    of_currency(sections, workspaces, one.currency).rows.push_back(std::move(cells));
  }
  for (const Implied& one : beside.beyond) {
    std::vector<std::string> cells{one.workspace_id};
    append_key(cells, one.key);
    cells.push_back(text_of(one.quantity));
    append_implied(cells, one);
    of_currency(sections, beyond, one.currency).rows.push_back(std::move(cells));
  }
  return sections;
}

}  // namespace anthropic_metrics::host
