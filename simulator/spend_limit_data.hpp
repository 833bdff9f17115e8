// SPDX-License-Identifier: Apache-2.0
// Budgets that the organization has set, and the cap that Anthropic sets; they change now and then.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "organization.hpp"

namespace anthropic_metrics::simulator {

struct SpendLimit {
  std::string id;
  std::string amount;  ///< whole minor units; empty: no cap
  std::string_view currency;
  std::string_view period;
  bool enabled = true;
  std::string_view scope;
  std::string_view scope_member;  ///< the name of the id beside the type; empty: none
  std::string scope_value;
  Instant created_at;
  Instant updated_at;
};

/// Whether an organization of this kind can have limits of such a scope.
bool spend_scope_fits(const Options& options, std::string_view scope);

/// Needs the data options only. Values are constant within each half day of virtual time.
std::vector<SpendLimit> spend_limits_at(const Options& options, const Organization& organization,
                                        Instant now);

}  // namespace anthropic_metrics::simulator
