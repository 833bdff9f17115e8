// SPDX-License-Identifier: Apache-2.0
// Books for tests: of documents as the collector writes them, and by hand.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include "base/time_text.hpp"
#include "finance/book_keeper.hpp"
#include "proof/row_reader.hpp"

namespace anthropic_metrics::host::test {

inline RowFields cost_fields() {
  RowFields fields;
  fields.object = "cost";
  fields.amounts = {"amount"};
  fields.nulls = {{"workspace_id", "workspace_id", "Default"}};
  return fields;
}

inline RowFields usage_fields() {
  RowFields fields;
  fields.object = "usage";
  fields.counts = {"uncached_input_tokens",
                   "cached_input_tokens",
                   "output_tokens",
                   "cache_creation_5m_input_tokens",
                   "cache_creation_1h_input_tokens",
                   "web_search_requests"};
  fields.aside = {"cache_creation_input_tokens"};
  fields.nulls = {{"workspace_id", "workspace_id", "Default"},
                  {"api_key_id", "api_key_source", "console"}};
  return fields;
}

// Of lines in any order; cost is read first.
inline Books books_of_lines(const std::string& ndjson) {
  BookKeeper keeper(cost_fields(), usage_fields());
  RowReader cost(cost_fields(), {}), usage(usage_fields(), {});
  for (const bool bill : {true, false}) {
    std::istringstream lines(ndjson);
    for (std::string line; std::getline(lines, line);) {
      RowDocument row;
      (bill ? cost : usage).read(line, row);
      if (bill)
        keeper.add_cost(row);
      else
        keeper.add_usage(row);
    }
  }
  return keeper.books();
}

inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(AM_SOURCE_DIR) + "/tests/finance/month/" + name, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Compares with the fixture; with AM_UPDATE_GOLDEN set, writes it instead.
inline void check_golden(const std::string& name, const std::string& text) {
  if (std::getenv("AM_UPDATE_GOLDEN") != nullptr)
    std::ofstream(std::string(AM_SOURCE_DIR) + "/tests/finance/month/" + name, std::ios::binary)
        << text;
  CHECK(text == fixture(name));
}

inline Decimal decimal(std::string_view text) {
  const auto value = Decimal::parse(text);
  if (!value) FAIL("not a decimal: " << text);
  return *value;
}

inline Instant day(int number) {
  return *parse_date("2026-10-01") + std::chrono::days(number - 1);
}

// A line item of input tokens, unless dimensions say otherwise.
inline LineItem item(int day_of_month, std::string_view cents, Dimensions dimensions = {},
                     std::string currency = "USD") {
  LineItem item;
  item.start = day(day_of_month);
  item.end = day(day_of_month + 1);
  item.cents = decimal(cents);
  item.currency = std::move(currency);
  item.dimensions = {{"cost_type", "tokens"},         {"token_type", "uncached_input_tokens"},
                     {"model", "claude-b"},           {"service_tier", "standard"},
                     {"description", "Input Tokens"}, {"workspace_id", "wrkspc_1"}};
  for (const auto& [name, value] : dimensions) {
    if (value.empty())
      item.dimensions.erase(name);
    else
      item.dimensions[name] = value;
  }
  return item;
}

// Input tokens.
inline Usage used(int day_of_month, Whole tokens, const Dimensions& dimensions = {}) {
  Usage usage;
  usage.start = day(day_of_month);
  usage.dimensions = {
      {"model", "claude-b"}, {"service_tier", "standard"}, {"workspace_id", "wrkspc_1"}};
  for (const auto& [name, value] : dimensions) usage.dimensions[name] = value;
  usage.counts[0] = tokens;
  return usage;
}

inline Books books_by_hand() {
  Books books;
  books.organization = "11111111-2222-4333-8444-555555555555";
  books.cost_group_by = {"description", "workspace_id"};
  books.usage_group_by = {"model", "service_tier", "workspace_id"};
  return books;
}

}  // namespace anthropic_metrics::host::test
