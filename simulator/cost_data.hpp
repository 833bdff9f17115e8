// SPDX-License-Identifier: Apache-2.0
// The truth about money: one day's cost rows, priced from the usage known at that time, plus what
// only the bill knows: code execution and sessions. Exact decimals from end to end.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "decimal.hpp"
#include "usage_data.hpp"

namespace anthropic_metrics::simulator {

/// What identifies a cost row. Empty text is null. The order of members is the order of rows.
struct CostKey {
  std::string workspace_id;
  std::string description;
  std::string model;
  std::string service_tier;
  std::string context_window;
  std::string inference_geo;
  std::string cost_type;
  std::string token_type;

  friend auto operator<=>(const CostKey&, const CostKey&) = default;
};

struct CostQuery {
  Instant start;  ///< midnight UTC, as is `end`
  Instant end;
  bool by_workspace = false;
  /// Also splits by what the description holds: model, tier, context window, geo, cost and token
  /// type.
  bool by_description = false;
};

/// What one kind of use costs: after and before the organization's discount.
struct Charge {
  std::string_view cost_type;
  std::string_view token_type;  ///< empty: not of tokens
  Amount amount;
  Amount list_amount;
};

/// What only the bill knows, for one workspace and day.
struct Service {
  std::size_t workspace = 0;  ///< into `Organization::workspaces`
  std::string_view cost_type;
  std::int64_t count = 0;  ///< quarters of an hour, or hours
  Amount amount;
};

using CostRows = std::map<CostKey, Amount>;

/// [not thread-safe, as `UsageData`]
class CostData {
 public:
  /// All three are borrowed for the life of this object.
  CostData(const Options& options, const Organization& organization, const UsageData& usage);

  /// The rows of the day that begins at `day`, as known at `as_of`; empty when there is no cost.
  CostRows day(const CostQuery& query, Instant day, Instant as_of) const;

  /// What these counters of a leaf cost, on this day; nothing for priority tier, which is billed by
  /// commitment.
  std::vector<Charge> charges(std::size_t leaf, const Counters& counters, Instant day,
                              Instant as_of) const;
  /// Known when the day has ended; a day without any other cost has none.
  std::vector<Service> services(Instant day, Instant as_of) const;

 private:
  std::vector<Service> services(Instant day) const;
  void add_tokens(std::size_t leaf, Instant day, Instant as_of, CostRows& rows) const;
  void add_services(Instant day, Instant as_of, CostRows& rows) const;
  std::int64_t paid_share(const Leaf& leaf, Instant day, Instant as_of) const;

  const Options& options_;
  const Organization& organization_;
  const UsageData& usage_;
};

}  // namespace anthropic_metrics::simulator
