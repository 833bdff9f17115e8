// SPDX-License-Identifier: Apache-2.0
// Line items in the columns of FOCUS 1.2. tests/finance/focus_check_test.py holds the same golden
// against the specification's rules.
#include "finance/focus.hpp"

#include <map>

#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

/// The cells of the only line, by column. Of cells without quotes and commas.
std::map<std::string, std::string> only_line(const Books& books, const std::string& invoice = "") {
  std::istringstream text(focus_csv({books}, invoice));
  std::string heading, line;
  std::getline(text, heading);
  std::getline(text, line);
  std::map<std::string, std::string> cells;
  std::istringstream names(heading), values(line);
  for (std::string name, value; std::getline(names, name, ',');) {
    std::getline(values, value, ',');
    if (!name.empty() && name.back() == '\r') name.pop_back();
    if (!value.empty() && value.back() == '\r') value.pop_back();
    cells[name] = value;
  }
  return cells;
}

Books with(LineItem item) {
  Books books = books_by_hand();
  books.items = {std::move(item)};
  return books;
}

}  // namespace

TEST_CASE("the month that was worked out by hand in the columns of FOCUS") {
  check_golden("focus.csv", focus_csv({books_of_lines(fixture("month.ndjson"))}, "INV-2026-10"));
}

TEST_CASE("list cost is what the report says, and empty where it says nothing") {
  CHECK(only_line(with(item(1, "300")))["ListCost"].empty());
  LineItem listed = item(1, "300");
  listed.list_cents = decimal("333.3");
  CHECK(only_line(with(listed))["ListCost"] == "3.333");
}

TEST_CASE("quantities stand where usage is joined, and nowhere else") {
  Books books = with(item(1, "300"));
  CHECK(only_line(books)["ConsumedQuantity"].empty());
  CHECK(only_line(books)["PricingUnit"].empty());
  books.usage = {used(1, 1'234'567)};
  CHECK(only_line(books)["ConsumedQuantity"] == "1234567");
  CHECK(only_line(books)["ConsumedUnit"] == "Tokens");
  CHECK(only_line(books)["PricingQuantity"] == "1.234567");
  CHECK(only_line(books)["PricingUnit"] == "1000000 Tokens");
}

TEST_CASE("a resource is a key where the bill says it, else a workspace that has an id") {
  CHECK(only_line(with(item(1, "1")))["ResourceId"] == "wrkspc_1");
  CHECK(only_line(with(item(1, "1")))["ResourceType"] == "Workspace");
  CHECK(only_line(with(item(1, "1", {{"api_key_id", "apikey_1"}})))["ResourceId"] == "apikey_1");
  auto standard = only_line(with(item(1, "1", {{"workspace_id", "Default"}})));
  CHECK(standard["ResourceId"].empty());
  CHECK(standard["SubAccountId"] == "Default");
  CHECK(standard["SubAccountName"] == "Default");
}

TEST_CASE("a credit is one, and no usage") {
  auto line = only_line(with(item(1, "-50")));
  CHECK(line["ChargeCategory"] == "Credit");
  CHECK(line["ChargeFrequency"] == "One-Time");
  CHECK(line["BilledCost"] == "-0.5");
}

TEST_CASE("a billing period is the month, also at the end of a year") {
  LineItem last = item(1, "1");
  last.start = day(1) + std::chrono::days(91);
  last.end = last.start + std::chrono::days(1);
  auto line = only_line(with(last));
  CHECK(line["ChargePeriodStart"] == "2026-12-31T00:00:00Z");
  CHECK(line["ChargePeriodEnd"] == "2027-01-01T00:00:00Z");
  CHECK(line["BillingPeriodStart"] == "2026-12-01T00:00:00Z");
  CHECK(line["BillingPeriodEnd"] == "2027-01-01T00:00:00Z");
}

TEST_CASE("an id of a line item follows from its description") {
  CHECK(sku_of("Claude Sonnet 4.5 Usage - Input Tokens, Cache Write 5m") ==
        "claude-sonnet-4.5-usage-input-tokens-cache-write-5m");
  CHECK(sku_of("  (x)  ") == "x");
  CHECK(sku_of("\u00e9") == "");
  CHECK(only_line(with(
            item(1, "1", {{"description", ""}, {"cost_type", ""}, {"token_type", ""}})))["SkuId"] ==
        "claude-b");
  CHECK(only_line(with(item(1, "1", {{"context_window", "0-200k"}})))["SkuPriceId"] ==
        "input-tokens/standard/0-200k");
}
