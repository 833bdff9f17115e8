// SPDX-License-Identifier: Apache-2.0
// Whatever a month is like: every table and file adds up to the total, to the last digit, and
// nobody's tokens are given to two line items.
#include <algorithm>
#include <random>

#include "finance/billed_tables.hpp"
#include "finance/currency.hpp"
#include "finance/focus.hpp"
#include "finance/join.hpp"
#include "finance/line_items_csv.hpp"
#include "finance/meters.hpp"
#include "finance/prices.hpp"
#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using anthropic_metrics::Decimal;

namespace {

using Random = std::mt19937_64;

std::size_t pick(Random& random, std::size_t below) {
  return static_cast<std::size_t>(random() % below);
}

const char* one_of(Random& random, std::initializer_list<const char*> texts) {
  return *(texts.begin() + pick(random, texts.size()));
}

Decimal amount(Random& random) {
  std::string text = std::to_string(pick(random, 1'000'000'000));
  if (pick(random, 2) == 0) text += "." + std::to_string(1 + pick(random, 1'000'000'000'000));
  return decimal((pick(random, 12) == 0 ? "-" : "") + text);
}

Books month(Random& random) {
  Books books = books_by_hand();
  books.usage_group_by = {"model", "workspace_id"};
  for (const char* name : {"service_tier", "context_window", "inference_geo"})
    if (pick(random, 3) != 0) books.usage_group_by.insert(name);
  const bool one_currency = pick(random, 2) == 0;
  std::map<std::pair<Dimensions, std::string>, Decimal> sums[31];
  std::map<Dimensions, Counts> used_on[31];
  for (std::size_t i = 5 + pick(random, 150); i > 0; --i) {
    const std::size_t day = pick(random, 31);
    const Meter& meter = meters[pick(random, meter_count)];
    Dimensions dimensions{{"workspace_id", one_of(random, {"Default", "wrkspc_1", "wrkspc_2"})},
                          {"description", one_of(random, {"A", "B, \"b\"", "=C", "D\nd"})},
                          {"cost_type", std::string(meter.cost_type)}};
    Dimensions usage{{"workspace_id", dimensions["workspace_id"]}};
    if (!meter.token_type.empty()) dimensions["token_type"] = meter.token_type;
    usage["model"] = one_of(random, {"claude-b", "claude-c"});
    usage["service_tier"] = one_of(random, {"standard", "batch", "priority"});
    usage["context_window"] = one_of(random, {"0-200k", "200k-1M"});
    usage["inference_geo"] = one_of(random, {"us", "global"});
    if (!meter.token_type.empty())
      for (const auto& [name, value] : usage) dimensions[name] = value;
    const auto index = static_cast<std::size_t>(&meter - meters.data());
    if (usage["service_tier"] != "priority" || meter.token_type.empty()) {
      Decimal& sum =
          sums[day][{dimensions, one_currency ? "USD" : one_of(random, {"USD", "EUR", "JPY"})}];
      sum = sum + amount(random);
    }
    std::erase_if(usage,
                  [&](const auto& one) { return !books.usage_group_by.contains(one.first); });
    used_on[day][usage][index] += static_cast<Whole>(1 + pick(random, 1'000'000'000));
  }
  for (int day = 0; day < 31; ++day) {
    for (const auto& [key, cents] : sums[day]) {
      if (cents.zero()) continue;
      LineItem one;
      one.start = test::day(day + 1);
      one.end = test::day(day + 2);
      one.dimensions = key.first;
      one.currency = key.second;
      one.cents = cents;
      books.items.push_back(std::move(one));
    }
    for (const auto& [dimensions, counts] : used_on[day])
      books.usage.push_back({test::day(day + 1), dimensions, counts});
  }
  return books;
}

/// Cells of a table as spreadsheets read it.
std::vector<std::vector<std::string>> cells_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"') {
      rows.back().back() += csv[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\r') {
      REQUIRE(csv.at(++i) == '\n');
      if (i + 1 < csv.size()) rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  REQUIRE_FALSE(quoted);
  return rows;
}

std::map<std::string, Decimal> sums_of(const std::string& csv, const std::string& currency,
                                       const std::string& amount) {
  const auto rows = cells_of(csv);
  const auto column = [&](const std::string& name) {
    const auto at = std::find(rows[0].begin(), rows[0].end(), name);
    REQUIRE(at != rows[0].end());
    return static_cast<std::size_t>(at - rows[0].begin());
  };
  const std::size_t of = column(currency), value = column(amount);
  std::map<std::string, Decimal> sums;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == rows[0].size());
    Decimal& sum = sums[rows[i][of]];
    sum = sum + decimal(rows[i][value]);
  }
  return sums;
}

}  // namespace

TEST_CASE("tables and files of random months add up to the total") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Books books = month(random);
    std::map<std::string, Decimal> totals;
    for (const auto& [currency, cents] : totals_of(books))
      totals[currency] = units_of(cents, currency);

    std::map<std::string, std::map<std::string, Decimal>> by_table;
    for (const Section& section : billed_tables(books)) {
      Decimal sum;
      for (const auto& row : section.rows) sum = sum + decimal(row.back());
      CHECK(sum == decimal(section.total.back()));
      by_table[section.name][section.currency] = sum;
    }
    CHECK(by_table.size() == 4);
    for (const auto& [name, sums] : by_table) CHECK(sums == totals);

    CHECK(sums_of(line_items_csv({books}), "currency", "amount") == totals);
    CHECK(sums_of(line_items_csv({books}), "currency", "amount_cents") == totals_of(books));
    const std::string focus = focus_csv({books}, "");
    for (const char* column : {"BilledCost", "EffectiveCost", "ContractedCost"})
      CHECK(sums_of(focus, "BillingCurrency", column) == totals);
  }
}

TEST_CASE(
    "no token of random months is given to two line items, and no workspace pays for another") {
  std::size_t joined_items = 0, prices = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Books books = month(random);

    std::map<std::pair<anthropic_metrics::Instant, std::size_t>, Whole> given, counted;
    const auto quantities = joined_quantities(books);
    REQUIRE(quantities.size() == books.items.size());
    for (std::size_t i = 0; i < quantities.size(); ++i)
      if (quantities[i]) {
        ++joined_items;
        CHECK_FALSE(books.items[i].cents.negative());
        given[{books.items[i].start, *meter_of(books.items[i])}] += *quantities[i];
      }
    for (const Usage& usage : books.usage)
      for (std::size_t meter = 0; meter < meter_count; ++meter)
        counted[{usage.start, meter}] += usage.counts[meter];
    for (const auto& [at, quantity] : given) CHECK((quantity <= counted[at]));

    const UsageBesideCost beside = usage_beside_cost(books, decimal("0.01"));
    prices += beside.prices.size();
    std::map<std::string, Decimal> billed, implied, priced;
    for (const Implied& one : beside.workspaces) {
      billed[one.currency] = billed[one.currency] + one.billed;
      implied[one.currency] = implied[one.currency] + one.implied;
    }
    for (const Price& price : beside.prices)
      priced[price.currency] = priced[price.currency] + price.cents;
    CHECK(billed == priced);
    // What usage comes to is rounded, once for each price and workspace.
    for (const auto& [currency, sum] : priced)
      CHECK_FALSE(is_beyond(implied[currency], sum, decimal("0.0000001")));
  }
  CHECK(joined_items > 500);
  CHECK(prices > 100);
}
