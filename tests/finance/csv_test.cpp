// SPDX-License-Identifier: Apache-2.0
// Comma-separated values, and amounts of currencies.
#include "finance/csv.hpp"

#include "finance/currency.hpp"
#include "finance/line_items_csv.hpp"
#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

TEST_CASE("cells are quoted where they must be") {
  CHECK(csv_line({"a", "b c", ""}) == "a,b c,\r\n");
  CHECK(csv_line({"a,b", "say \"no\"", "two\nlines"}) ==
        "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\"\r\n");
  CHECK(csv_line({"\r"}) == "\"'\r\"\r\n");
}

TEST_CASE("no cell is a formula, and numbers stay numbers") {
  CHECK(csv_line({"=1+2", "+1", "-x", "@SUM(A1)", "\tx"}) == "'=1+2,'+1,'-x,'@SUM(A1),'\tx\r\n");
  CHECK(csv_line({"-12.5", "-0", "1", "a-b", "a=b"}) == "-12.5,-0,1,a-b,a=b\r\n");
  CHECK(csv_line({"=HYPERLINK(\"http://127.0.0.1\",\"x\")"}) ==
        "\"'=HYPERLINK(\"\"http://127.0.0.1\"\",\"\"x\"\")\"\r\n");
}

TEST_CASE("minor units become units by their currency, exactly") {
  CHECK(units_of(decimal("12345.678"), "USD").text() == "123.45678");
  CHECK(units_of(decimal("12345.678"), "JPY").text() == "12345.678");
  CHECK(units_of(decimal("12345"), "KWD").text() == "12.345");
  CHECK(to_the_cent(decimal("22.4700001"), "USD") == "22.47");
  CHECK(to_the_cent(decimal("22"), "USD") == "22.00");
  CHECK(to_the_cent(decimal("22.5"), "USD") == "22.50");
  CHECK(to_the_cent(decimal("0.005"), "USD") == "0.00");
  CHECK(to_the_cent(decimal("0.015"), "USD") == "0.02");
  CHECK(to_the_cent(decimal("-0.004"), "USD") == "0.00");
  CHECK(to_the_cent(decimal("1234.5"), "JPY") == "1234");
  CHECK(to_the_cent(decimal("1.0005"), "KWD") == "1.000");
}

TEST_CASE("line items of a month as a table, as worked out by hand") {
  check_golden("line-items.csv", line_items_csv({books_of_lines(fixture("month.ndjson"))}));
}

TEST_CASE("dimensions beyond the usual ones have columns of their own") {
  Books books = books_by_hand();
  books.items = {item(1, "5", {{"product", "chat"}, {"api_key_id", "apikey_1"}})};

  const std::string text = line_items_csv({books});

  CHECK(text.find("inference_geo,api_key_id,product\r\n") != std::string::npos);
  CHECK(text.find(",apikey_1,chat\r\n") != std::string::npos);
}
