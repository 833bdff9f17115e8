// SPDX-License-Identifier: Apache-2.0
// What a perfect collector would hold: sums per bucket and row, as the API would report them at a
// given virtual time.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "api.hpp"

namespace anthropic_metrics::simulator {

/// One row of one bucket. A dimension that is null, or was not grouped by, is empty.
struct UsageSum {
  Instant start;
  std::array<std::string, dimension_count> dimensions;
  Counters counters{};

  const std::string& dimension(Dimension d) const { return dimensions[index(d)]; }
};

struct CostSum {
  Instant day;
  CostKey key;
  Amount amount;
};

/// All rows of all buckets in [query.start, query.end), in the API's order; buckets without usage
/// have none.
std::vector<UsageSum> usage_truth(const Api& api, const UsageQuery& query, Instant as_of);
std::vector<CostSum> cost_truth(const Api& api, const CostQuery& query, Instant as_of);

/// The answer to GET /_simulator/truth: parameters of the endpoint itself without `limit` and
/// `page`, plus `stream` (usage or cost; usage unless given) and `as_of` (now unless given). The
/// body is one page with every bucket, and `as_of`. Buckets that `as_of` has not closed are left
/// out.
Result<std::string> truth_body(const Api& api, const Target& target, Instant now);

}  // namespace anthropic_metrics::simulator
