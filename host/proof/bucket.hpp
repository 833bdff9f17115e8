// SPDX-License-Identifier: Apache-2.0
// Rows that begin at one moment, added up from their documents. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "proof/row_document.hpp"

namespace anthropic_metrics::host {

// What the documents of one row add up to.
struct RowTotal {
  Measures measures;
  std::uint64_t documents = 0;
  std::uint64_t foreign = 0;              // of them, by other collectors
  std::vector<std::int64_t> revisions{};  // of ours, as they came

  std::int64_t newest_revision() const;  // 0 without any of ours
  // One between its first and its newest revision is not there.
  bool has_hole() const;
};

struct Bucket {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::map<std::string, RowTotal> rows;  // by dimensions

  void add(const RowDocument& document);
};

// Whatever begins at one moment, by grain.
using Buckets = std::map<Grain, Bucket>;

}  // namespace anthropic_metrics::host
