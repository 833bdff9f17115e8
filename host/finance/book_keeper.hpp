// SPDX-License-Identifier: Apache-2.0
// Adds documents of a cost stream, and of the usage stream beside it, up to the books of a period.
// Cost comes first. Memory grows with the rows of the bill, not with documents.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "finance/line_item.hpp"
#include "proof/row_document.hpp"
#include "proof/row_fields.hpp"

namespace anthropic_metrics::host {

class BookKeeper {
 public:
  // cost: what the members of its documents mean. usage likewise.
  BookKeeper(RowFields cost, RowFields usage);

  // What is no row is left out; one that cannot be read becomes a problem of the books.
  void add_cost(const RowDocument& document);
  // Of the same period. Kept by those dimensions only that the bill has, in its buckets.
  void add_usage(const RowDocument& document);

  // Rows of two grains over one day count the same twice: of those only the grain that most rows of
  // the period have is taken, and a problem says so.
  Books books() const;

 private:
  struct Row {
    Measures measures;
    std::int64_t revision = -1;  // of the document that the names are from
    Dimensions dimensions;
    std::string workspace_name, api_key_name;
    std::vector<std::string> workspace_tags;
  };
  struct Place {
    std::int64_t start = 0, end = 0;
    std::string dimensions;  // as RowDocument has them
    auto operator<=>(const Place&) const = default;
  };
  using Rows = std::map<Place, Row>;
  using Counted = std::map<std::pair<std::int64_t, Dimensions>, Counts>;

  void note(const RowDocument& document);
  void add_items(Books& books) const;
  void add_usage_to(Books& books) const;

  const RowFields cost_, usage_;
  std::map<Grain, Rows> rows_;
  std::map<Grain, Counted> counted_;
  std::vector<Correction> corrections_;
  std::set<std::string, std::less<>> billed_by_;  // dimensions that line items have, and the tier
  std::int64_t width_ = 0;                        // of the bill's buckets, in seconds
  std::string organization_, organization_name_;
  std::size_t unreadable_ = 0, straddling_ = 0;
};

}  // namespace anthropic_metrics::host
