// SPDX-License-Identifier: Apache-2.0
// The page of a month, and whether store, API and invoice say the same to the cent.
#include "finance/reconciliation.hpp"

#include <algorithm>

#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using anthropic_metrics::Decimal;

namespace {

Reconciling october() {
  Reconciling work;
  work.now = *anthropic_metrics::parse_rfc3339("2026-11-04T12:00:00Z");
  work.period = *period_of("2026-10", "", "", work.now);
  work.clock = "--now";
  work.tolerance = decimal("0.01");
  work.store_name = "metrics-anthropic_metrics.cost-default";
  return work;
}

const Section* section(const Page& page, const std::string& name) {
  const auto found = std::find_if(page.sections.begin(), page.sections.end(),
                                  [&](const Section& one) { return one.name == name; });
  return found == page.sections.end() ? nullptr : &*found;
}

Books with(std::vector<LineItem> items) {
  Books books = books_by_hand();
  books.items = std::move(items);
  return books;
}

}  // namespace

TEST_CASE("the page of the month that was worked out by hand") {
  Reconciling work = october();
  work.store = books_of_lines(fixture("month.ndjson"));
  work.api = work.store;
  work.api->corrections.clear();
  work.invoice = Invoice{decimal("22.47"), ""};

  const Page page = reconciled(work);

  CHECK(page.equal);
  CHECK(page.problems.empty());
  check_golden("page.txt", page_text(page));
}

TEST_CASE("less than half a cent is no difference to the cent, and is told") {
  Reconciling work = october();
  work.store = with({item(1, "100.4")});
  work.api = with({item(1, "100.3")});

  const Page page = reconciled(work);

  CHECK(page.equal);
  REQUIRE(section(page, "totals")->rows.size() == 2);
  CHECK(section(page, "totals")->rows[1] ==
        std::vector<std::string>{"USD", "API", "1.003", "1.00", "-0.001", "equal"});
  CHECK(section(page, "days_that_differ")->rows.size() == 1);
}

TEST_CASE("a cent is a difference") {
  Reconciling work = october();
  work.store = with({item(1, "100"), item(2, "50")});
  work.api = with({item(1, "100"), item(2, "51")});

  const Page page = reconciled(work);

  CHECK_FALSE(page.equal);
  CHECK(page.problems.empty());
  CHECK(section(page, "totals")->rows[1].back() == "different");
  CHECK(section(page, "days_that_differ")->rows ==
        std::vector<std::vector<std::string>>{{"2026-10-02", "USD", "0.5", "0.51", "0.01"}});
}

TEST_CASE("an invoice is held against the store, with the difference") {
  Reconciling work = october();
  work.store = with({item(1, "2247")});
  work.api = work.store;
  work.invoice = Invoice{decimal("22.46"), ""};

  const Page page = reconciled(work);

  CHECK_FALSE(page.equal);
  CHECK(section(page, "totals")->rows[2] ==
        std::vector<std::string>{"USD", "invoice", "22.46", "22.46", "-0.01", "different"});
}

TEST_CASE("an invoice of a bill in two currencies must say which it is of") {
  Reconciling work = october();
  work.store = with({item(1, "2247"), item(1, "100", {}, "EUR")});
  work.api = work.store;
  work.invoice = Invoice{decimal("22.47"), ""};

  const Page asked = reconciled(work);
  REQUIRE(asked.problems.size() == 1);
  CHECK(asked.problems[0] ==
        "the bill is in EUR and USD; say with --currency which of them the invoice is in");

  work.invoice->currency = "USD";
  const Page told = reconciled(work);
  CHECK(told.problems.empty());
  CHECK(told.equal);
  CHECK(section(told, "totals")->rows.size() == 5);

  work.invoice->currency = "GBP";
  CHECK_FALSE(reconciled(work).equal);
}

TEST_CASE("currencies are never added") {
  Reconciling work = october();
  work.store = with({item(1, "1"), item(1, "2", {}, "EUR"), item(1, "3", {}, "JPY")});
  const Page page = reconciled(work);
  std::vector<std::string> totals;
  for (const Section& one : page.sections)
    if (one.name == "by_model") totals.push_back(one.currency + " " + one.total.back());
  CHECK(totals == std::vector<std::string>{"EUR 0.02", "JPY 3", "USD 0.01"});
}

TEST_CASE("a side that has nothing is a difference or a sentence") {
  Reconciling work = october();
  work.store = with({});
  work.api = with({});
  CHECK(reconciled(work).problems.size() == 1);

  work.api = with({item(1, "1")});
  const Page missing = reconciled(work);
  CHECK(missing.problems.empty());
  CHECK_FALSE(missing.equal);
  CHECK(missing.notes.front().find("backfill --stream cost --from 2026-10-01") !=
        std::string::npos);

  work.store = work.api;
  work.api = with({});
  const Page forgotten = reconciled(work);
  REQUIRE(forgotten.problems.size() == 1);
  CHECK(forgotten.problems[0].find("it may keep none that are so old") != std::string::npos);
}

TEST_CASE("a side that could not be read leaves the other's page, and is not equal") {
  Reconciling work = october();
  work.api = with({item(1, "1")});
  work.problems = {"the store does not answer"};

  const Page page = reconciled(work);

  CHECK_FALSE(page.equal);
  CHECK(page.problems == work.problems);
  CHECK(section(page, "by_model")->total.back() == "0.01");

  work.api.reset();
  CHECK(reconciled(work).sections.empty());
}

TEST_CASE("amounts are typed with or without commas") {
  CHECK(typed_amount("12345.67") == decimal("12345.67"));
  CHECK(typed_amount("12,345.67") == decimal("12345.67"));
  CHECK(typed_amount("1,234,567") == decimal("1234567"));
  CHECK(typed_amount("-5") == decimal("-5"));
  for (const char* text : {"", "1,23", "1.2.3", "12,34.5", ",123", "1,,234", "1.234,56", "$5",
                           "5 USD", "1e3", "--5", "1.234,567"}) {
    CAPTURE(text);
    CHECK_FALSE(typed_amount(text));
  }
}
