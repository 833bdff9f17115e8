// SPDX-License-Identifier: Apache-2.0
// Which usage a line item bills: only where there is one answer.
#include "finance/join.hpp"

#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

// Quantities as text; none: the line item is not joined.
using Joined = std::vector<std::string>;

const std::string none = "none";

Joined joined(std::vector<LineItem> items, std::vector<Usage> usage,
              std::set<std::string, std::less<>> split = {"model", "service_tier",
                                                          "workspace_id"}) {
  Books books = books_by_hand();
  books.items = std::move(items);
  books.usage = std::move(usage);
  books.usage_group_by = std::move(split);
  Joined texts;
  for (const auto& quantity : joined_quantities(books))
    texts.push_back(quantity ? text_of(*quantity) : none);
  return texts;
}

}  // namespace

TEST_CASE("a line item has the usage of its day, workspace, model, tier and token type") {
  CHECK(joined({item(1, "3")}, {used(1, 10)}) == Joined{"10"});
  CHECK(joined({item(1, "3")}, {used(2, 10)}) == Joined{none});
  CHECK(joined({item(1, "3")}, {used(1, 10, {{"workspace_id", "Default"}})}) == Joined{none});
  CHECK(joined({item(1, "3")}, {used(1, 10, {{"model", "claude-c"}})}) == Joined{none});
  CHECK(joined({item(1, "3")}, {used(1, 10, {{"service_tier", "batch"}})}) == Joined{none});
  CHECK(joined({item(1, "3", {{"token_type", "output_tokens"}})}, {used(1, 10)}) == Joined{none});
  CHECK(joined({item(1, "3")}, {used(1, 10), used(1, 500, {{"service_tier", "priority"}})}) ==
        Joined{"10"});
}

TEST_CASE("of line items that usage cannot tell apart none is joined") {
  const Dimensions small{{"context_window", "0-200k"}}, large{{"context_window", "200k-1M"}};
  CHECK(joined({item(1, "3", small), item(1, "6", large)}, {used(1, 10)}) == Joined{none, none});
  CHECK(joined({item(1, "3", small)}, {used(1, 10)}) == Joined{"10"});
  CHECK(joined({item(1, "3", small), item(1, "6", large)}, {used(1, 7, small), used(1, 3, large)},
               {"context_window", "model", "service_tier", "workspace_id"}) == Joined{"7", "3"});
  CHECK(joined({item(1, "3"), item(1, "6", {}, "EUR")}, {used(1, 10)}) == Joined{none, none});
}

TEST_CASE("what one side says and the other does not is not equal") {
  const Dimensions us{{"inference_geo", "us"}};
  const std::set<std::string, std::less<>> split{"inference_geo", "model", "service_tier",
                                                 "workspace_id"};
  // The bill does not know places at all: usage of all of them is the line item's.
  CHECK(joined({item(1, "3")}, {used(1, 7, us), used(1, 3, {{"inference_geo", "global"}})},
               split) == Joined{"10"});
  CHECK(joined({item(1, "3"), item(2, "1", us)}, {used(1, 7, us), used(2, 3, us)}, split) ==
        Joined{none, "3"});
}

TEST_CASE("usage that is not split by what the bill is split by is not joined") {
  CHECK(joined({item(1, "3")}, {used(1, 10)}, {"model", "workspace_id"}) == Joined{none});
  CHECK(joined({item(1, "3")}, {used(1, 10)}, {"service_tier", "workspace_id"}) == Joined{none});
  CHECK(joined({item(1, "3")}, {used(1, 10)}, {"model", "service_tier"}) == Joined{none});
}

TEST_CASE("a credit has no usage, and takes none from others") {
  CHECK(joined({item(1, "-3"), item(1, "9", {{"description", "x"}})}, {used(1, 10)}) ==
        Joined{none, "10"});
}

TEST_CASE("web searches are joined unless some were of the priority tier") {
  const LineItem searches =
      item(1, "5",
           {{"cost_type", "web_search"}, {"token_type", ""}, {"model", ""}, {"service_tier", ""}});
  const auto searched = [](Whole count, const Dimensions& dimensions) {
    Usage usage = used(1, 0, dimensions);
    usage.counts[5] = count;
    return usage;
  };
  CHECK(joined({searches}, {searched(2, {}), searched(3, {{"model", "claude-c"}})}) == Joined{"5"});
  CHECK(joined({searches}, {searched(2, {}), searched(3, {{"service_tier", "priority"}})}) ==
        Joined{none});
}

TEST_CASE("what usage does not count is not joined") {
  CHECK(joined({item(1, "5", {{"cost_type", "code_execution"}, {"token_type", ""}})},
               {used(1, 10)}) == Joined{none});
  CHECK(joined({item(1, "5", {{"token_type", "tokens_of_tomorrow"}})}, {used(1, 10)}) ==
        Joined{none});
  CHECK(joined({item(1, "5")}, {used(1, 0)}) == Joined{none});
}
