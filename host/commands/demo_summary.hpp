// SPDX-License-Identifier: Apache-2.0
// What the collected documents say, for a person: read back from the NDJSON files, added up
// exactly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.hpp"

namespace anthropic_metrics::host {

struct ModelTokens {
  std::int64_t uncached = 0;
  std::int64_t cached = 0;
  std::int64_t cache_writes = 0;
  std::int64_t output = 0;
};

using Limits = std::map<std::string, std::int64_t>;  // requests_per_minute: 4000

struct DemoSummary {
  std::map<std::string, std::uint64_t> documents;  // by dataset
  std::map<std::string, ModelTokens> tokens;       // by model
  std::map<std::string, Decimal> cost;             // in US dollars by workspace
  Decimal total_cost;
  std::map<std::string, Limits> limits;  // by group
  std::vector<std::string> faults;       // lines that could not be understood
};

// Adds one document. Order of documents does not matter but for limits, where the last one holds.
void add_document(DemoSummary& summary, std::string_view json);

// Reads every *.ndjson in the folder, in name order.
DemoSummary summarize(const std::filesystem::path& folder);

// An amount in cents as it stands in documents, in dollars. Nothing if it is not a plain decimal.
std::optional<Decimal> dollars(std::string_view cents);
// With two digits behind the point at least: "1.50".
std::string to_text(const Decimal& dollars);

std::string to_text(const DemoSummary& summary);

}  // namespace anthropic_metrics::host
