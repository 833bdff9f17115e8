// SPDX-License-Identifier: Apache-2.0
// The organization's configured ceilings and the workspaces' overrides, which change now and then.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "organization.hpp"

namespace anthropic_metrics::simulator {

struct Limiter {
  std::string type;
  std::int64_t value = 0;
  std::optional<std::int64_t> organization_value;  ///< workspace entries only
  bool inherited = false;                          ///< workspace entries only
};

struct RateLimit {
  std::string id;  ///< empty when the answer omits it
  std::string group_type;
  std::string group_id;             ///< empty when the answer omits `group`
  std::string display_name;         ///< model groups only
  std::vector<std::string> models;  ///< empty is null
  std::vector<Limiter> limits;
};

/// What holds at `as_of`. Values are constant within each half day of virtual time.
std::vector<RateLimit> organization_rate_limits(const Options& options, Instant as_of);

/// The overrides of a workspace (a number in `Organization::workspaces`; the default one has none);
/// with `include_inherited` also the rest, as the organization has it. Some overrides are above the
/// organization's value and so without effect, some have a type that the organization has not.
std::vector<RateLimit> workspace_rate_limits(const Options& options, std::size_t workspace,
                                             Instant as_of, bool include_inherited);

}  // namespace anthropic_metrics::simulator
