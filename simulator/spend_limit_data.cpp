// SPDX-License-Identifier: Apache-2.0
#include "spend_limit_data.hpp"

#include <algorithm>
#include <array>

#include "directory_data.hpp"
#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

SpendLimit make_limit(const Options& options, std::uint64_t number, std::string_view scope,
                      std::string_view member, std::string value, Instant now) {
  const std::uint64_t key = hash(options.seed, Purpose::spend_limit, number);
  const Changes changes = changes_of(options, key, now);
  SpendLimit limit;
  limit.id = make_id("spl_", key);
  limit.currency = "USD";
  limit.period = "monthly";
  limit.scope = scope;
  limit.scope_member = member;
  limit.scope_value = std::move(value);
  limit.created_at = options.history_start + days{3};
  limit.updated_at = std::max(limit.created_at, changes.last);
  // 100.00 to 100,000.00, other at every change; now and then there is none.
  const std::uint64_t random = hash(key, changes.count);
  if (pick(random, 6) != 0) {
    static constexpr std::array<std::uint64_t, 4> sizes{10'000, 100'000, 1'000'000, 10'000'000};
    limit.amount =
        std::to_string(sizes.at(pick(mix(random), sizes.size())) * (1 + pick(random, 5)));
  }
  return limit;
}

}  // namespace

bool spend_scope_fits(const Options& options, std::string_view scope) {
  static constexpr std::array<std::string_view, 3> of_console{"organization", "usage_tier",
                                                              "workspace"};
  const bool console = std::find(of_console.begin(), of_console.end(), scope) != of_console.end();
  switch (options.kind) {
    case OrganizationKind::console:
      return console;
    case OrganizationKind::enterprise:
      return scope != "workspace" && scope != "usage_tier";
    case OrganizationKind::any:
      break;
  }
  return true;
}

std::vector<SpendLimit> spend_limits_at(const Options& options, const Organization& organization,
                                        Instant now) {
  std::vector<SpendLimit> limits;
  auto add = [&](std::string_view scope, std::string_view member,
                 std::string value) -> SpendLimit& {
    limits.push_back(make_limit(options, limits.size() + 1, scope, member, std::move(value), now));
    return limits.back();
  };
  add("organization", "", "").amount = "2500000";
  SpendLimit& tier = add("usage_tier", "", "");
  tier.updated_at = tier.created_at;  // does not move when the amount does
  if (tier.amount.empty()) tier.amount = "50000000";
  for (std::size_t i = 1; i < organization.workspaces.size(); ++i) {
    SpendLimit& limit = add("workspace", "workspace_id", organization.workspaces[i].id);
    if (i % 3 == 2) limit.period = i % 2 == 0 ? "daily" : "weekly";
  }
  for (std::uint64_t i = 0; i < callers; ++i) add("user", "user_id", person_id(options, i));
  add("rbac_group", "rbac_group_id", make_id("rbacgroup_", hash(options.seed, 1)));
  add("seat_tier", "seat_tier", "enterprise_standard");
  SpendLimit& service = add("organization_service", "service", "claude_code");
  service.period = "simulated_future_period";
  service.enabled = false;
  std::erase_if(limits,
                [&](const SpendLimit& limit) { return !spend_scope_fits(options, limit.scope); });
  std::erase_if(limits, [&](const SpendLimit& limit) { return limit.created_at > now; });
  return limits;
}

}  // namespace anthropic_metrics::simulator
