// SPDX-License-Identifier: Apache-2.0
// The page that finance reads at the end of a month: what was billed, by what; usage beside it;
// what may still change; and whether store, API and invoice say the same to the cent. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "finance/line_item.hpp"
#include "finance/open_days.hpp"
#include "finance/page.hpp"
#include "finance/period.hpp"

namespace anthropic_metrics::host {

// What somebody typed from an invoice, in units.
struct Invoice {
  Decimal amount;
  std::string currency;  // empty: of the only one that there is
};

struct Reconciling {
  Period period;
  Instant now;                 // see clock
  std::string clock;           // whose time that is: "the API's clock"
  Revising revising;           // of the cost stream
  Decimal tolerance;           // a share
  std::string store_name;      // what is read as the store: a data stream, or files
  std::optional<Books> store;  // nothing: it could not be read, problems say why
  std::optional<Books> api;
  std::optional<Invoice> invoice;
  std::vector<std::string> problems;
};

// The tables are of the store; of the API if the store could not be read.
Page reconciled(const Reconciling& work);

// "12,345.67", "12345.67" or "-5"; nothing on any other text.
std::optional<Decimal> typed_amount(std::string_view text);

}  // namespace anthropic_metrics::host
