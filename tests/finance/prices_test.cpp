// SPDX-License-Identifier: Apache-2.0
// Usage beside cost.
#include "finance/prices.hpp"

#include <algorithm>

#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using anthropic_metrics::Decimal;

namespace {

const Decimal one_percent = decimal("0.01");

bool says(const std::vector<std::string>& notes, std::string_view text) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("the month that was worked out by hand has the prices that were worked out") {
  const UsageBesideCost found =
      usage_beside_cost(books_of_lines(fixture("month.ndjson")), one_percent);

  CHECK(found.days == 3);
  CHECK(found.days_of_bill == 4);
  REQUIRE(found.prices.size() == 3);
  CHECK(text_of(found.prices[0].quantity) == "6000000");
  CHECK(found.prices[0].cents.text() == "2130");
  CHECK(text_of(found.prices[1].quantity) == "100000");
  CHECK(found.prices[1].cents.text() == "150");
  CHECK(text_of(found.prices[2].quantity) == "5");
  CHECK(found.prices[2].cents.text() == "5");

  REQUIRE(found.workspaces.size() == 2);
  CHECK(found.workspaces[0].workspace_id == "Default");
  CHECK(found.workspaces[0].billed.text() == "300");
  CHECK(found.workspaces[0].implied.text() == "355");
  CHECK(found.workspaces[1].workspace_name == "Payments");
  CHECK(found.workspaces[1].billed.text() == "1985");
  CHECK(found.workspaces[1].implied.text() == "1930");

  REQUIRE(found.beyond.size() == 2);
  CHECK(found.beyond[0].difference().text() == "-55");
  CHECK(found.beyond[1].difference().text() == "55");
  CHECK(text_of(found.beyond[1].quantity) == "5000000");
  REQUIRE(found.notes.size() == 1);
  CHECK(says(found.notes, "priority: used, and on no bill"));
}

TEST_CASE("how far is too far is a share, and exactly that is not") {
  CHECK_FALSE(is_beyond(decimal("101"), decimal("100"), one_percent));
  CHECK(is_beyond(decimal("101.0000000001"), decimal("100"), one_percent));
  CHECK_FALSE(is_beyond(decimal("99"), decimal("100"), one_percent));
  CHECK(is_beyond(decimal("1"), decimal("0"), one_percent));
  CHECK_FALSE(is_beyond(decimal("0"), decimal("0"), Decimal()));
  CHECK(is_beyond(decimal("0.1"), decimal("0"), Decimal()));
}

TEST_CASE("two currencies have no common price") {
  Books books = books_by_hand();
  books.items = {item(1, "300"), item(1, "200", {{"workspace_id", "wrkspc_2"}}, "EUR")};
  books.usage = {used(1, 10), used(1, 10, {{"workspace_id", "wrkspc_2"}})};

  const UsageBesideCost found = usage_beside_cost(books, one_percent);

  CHECK(found.prices.empty());
  CHECK(says(found.notes, "several currencies"));
}

TEST_CASE("only days that have both are held together") {
  Books books = books_by_hand();
  books.items = {item(1, "300"), item(2, "999")};
  books.usage = {used(1, 100), used(3, 7)};

  const UsageBesideCost found = usage_beside_cost(books, one_percent);

  CHECK(found.days == 1);
  CHECK(found.days_of_bill == 2);
  REQUIRE(found.prices.size() == 1);
  CHECK(found.prices[0].cents.text() == "300");
  CHECK(text_of(found.prices[0].quantity) == "100");
}

TEST_CASE("without the tier in usage nothing is held together, and a note says why") {
  Books books = books_by_hand();
  books.usage_group_by = {"model", "workspace_id"};
  books.items = {item(1, "300")};
  books.usage = {used(1, 100)};

  const UsageBesideCost found = usage_beside_cost(books, one_percent);

  CHECK(found.prices.empty());
  CHECK(says(found.notes, "usage is not split by service_tier"));
}
