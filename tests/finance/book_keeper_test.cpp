// SPDX-License-Identifier: Apache-2.0
// From documents to books.
#include <algorithm>

#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

std::string with(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("documents of a row add up to one line item, with its corrections named") {
  const Books books = books_of_lines(fixture("month.ndjson"));

  CHECK(books.organization == "11111111-2222-4333-8444-555555555555");
  CHECK(books.organization_name == "Example");
  CHECK(books.problems.empty());
  REQUIRE(books.items.size() == 9);
  CHECK(totals_of(books).at("USD").text() == "2247.00001");
  REQUIRE(books.corrections.size() == 1);
  CHECK(books.corrections.front().start == day(2));
  CHECK(books.corrections.front().cents.text() == "30");
  CHECK(books.corrections.front().description == "Claude Sonnet 5 Usage - Input Tokens");
  const auto second = std::find_if(books.items.begin(), books.items.end(),
                                   [](const LineItem& one) { return one.start == day(2); });
  REQUIRE(second != books.items.end());
  CHECK(second->cents.text() == "330");
  CHECK(second->currency == "USD");
  CHECK_FALSE(second->dimensions.contains("currency"));
  CHECK(second->workspace_name == "Payments");
  CHECK(second->workspace_tags == std::vector<std::string>{"cost_center:4711", "team:payments"});
}

TEST_CASE("usage is kept by day and by what the bill is split by") {
  const Books books = books_of_lines(fixture("month.ndjson"));

  CHECK(books.usage_group_by == std::set<std::string, std::less<>>{"inference_geo", "model",
                                                                   "service_tier", "workspace_id"});
  REQUIRE(books.usage.size() == 5);
  const auto first = std::find_if(books.usage.begin(), books.usage.end(), [](const Usage& one) {
    return one.start == day(1) && value_of(one.dimensions, "workspace_id").starts_with("wrkspc") &&
           value_of(one.dimensions, "service_tier") == "standard";
  });
  REQUIRE(first != books.usage.end());
  CHECK((first->counts == Counts{2'000'000, 0, 0, 0, 100'000, 5}));
}

TEST_CASE("the order of documents changes nothing") {
  std::istringstream stream(fixture("month.ndjson"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::reverse(lines.begin(), lines.end());
  std::string reversed;
  for (const std::string& line : lines) reversed += line + "\n";

  const Books a = books_of_lines(fixture("month.ndjson")), b = books_of_lines(reversed);

  REQUIRE(a.items.size() == b.items.size());
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    CHECK(a.items[i].dimensions == b.items[i].dimensions);
    CHECK(a.items[i].cents == b.items[i].cents);
  }
}

TEST_CASE("a row that was taken to zero is no line item") {
  const std::string once = fixture("month.ndjson");
  const std::string back = with(with(once, "\"amount_exact\":\"30\"", "\"amount_exact\":\"-300\""),
                                "\"amount\":30.0", "\"amount\":-300");

  const Books books = books_of_lines(back);

  CHECK(books.items.size() == 8);
  CHECK(std::none_of(books.items.begin(), books.items.end(),
                     [](const LineItem& one) { return one.start == day(2); }));
}

TEST_CASE("a day in two groupings counts once, and a problem says so") {
  const std::string once = fixture("month.ndjson");
  std::string coarse;
  std::istringstream stream(once);
  for (std::string line; std::getline(stream, line);)
    if (line.find("\"cost\":{") != std::string::npos && line.find("\"600\"") != std::string::npos &&
        line.find("2026-10-01") != std::string::npos)
      coarse = with(line, "\"description\",\"workspace_id\"", "\"workspace_id\"");
  REQUIRE_FALSE(coarse.empty());

  const Books books = books_of_lines(once + coarse + "\n");

  CHECK(totals_of(books).at("USD").text() == "2247.00001");
  REQUIRE(books.problems.size() == 1);
  CHECK(books.problems.front().find("two groupings on one day (2026-10-01)") != std::string::npos);
}

TEST_CASE("a row that cannot be read is a problem, not a smaller bill in silence") {
  const Books books = books_of_lines(
      with(fixture("month.ndjson"), "\"amount_exact\":\"150\"", "\"amount_exact\":\"many\""));

  REQUIRE(books.problems.size() == 1);
  CHECK(books.problems.front().find("1 document cannot be read") == 0);
}
