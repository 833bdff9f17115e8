// SPDX-License-Identifier: Apache-2.0
#include "state_check.hpp"

#include <algorithm>

#include "compare.hpp"

namespace anthropic_metrics::simulator {
namespace {

using std::string;

void add_differences(StreamCheck& result, Instant at, const std::vector<string>& differences) {
  result.differences += differences.size();
  for (const string& difference : differences)
    if (result.examples.size() < examples_kept)
      result.examples.push_back(format_rfc3339(at) + ": " + difference);
}

void compare_groups(StreamCheck& result, Instant at, const string& whose,
                    const std::set<string>& groups, const std::vector<RateLimit>& limits) {
  std::map<string, bool> found, expected;
  for (const string& group : groups) found[group] = true;
  for (const RateLimit& limit : limits) expected[canonical(limit)] = true;
  const std::uint64_t rows = result.rows;
  compare(result, found, expected, [&](const string& group, bool want, bool) {
    return format_rfc3339(at) + ": " + whose + (want ? "no document for " : "no such limit: ") +
           group;
  });
  result.rows += rows;
}

}  // namespace

StreamCheck check_rate_limits(const Options& options,
                              const std::map<Instant, RateLimitDocuments>& polls) {
  const auto& [polled_at, poll] = *polls.rbegin();
  StreamCheck result{"rate_limit", "", 0, poll.count, 0, 0, {}};
  for (const auto& entry : polls) result.documents += entry.second.count;
  compare_groups(result, polled_at, "", poll.groups, organization_rate_limits(options, polled_at));
  return result;
}

StreamCheck check_workspace_limits(
    const Api& api, const Options& options,
    const std::map<string, std::map<Instant, RateLimitDocuments>>& workspaces) {
  StreamCheck result{"rate_limit of workspaces", "", 0, 0, 0, 0, {}};
  Instant last;
  for (const auto& [id, polls] : workspaces) {
    for (const auto& poll : polls) result.documents += poll.second.count;
    last = std::max(last, polls.rbegin()->first);
  }
  const auto& all = api.organization().workspaces;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto found = workspaces.find(all[i].id);
    const bool live = !all[i].archived_at || *all[i].archived_at > last;
    if (found == workspaces.end()) {
      if (live && i != 0 && all[i].created_at < last)
        add_differences(result, last, {"no document for workspace " + all[i].id});
      continue;
    }
    const auto& [polled_at, poll] = *found->second.rbegin();
    if (live && polled_at + std::chrono::hours{2} < last)
      add_differences(result, last, {"the latest document for workspace " + all[i].id + " is old"});
    result.buckets += poll.count;
    compare_groups(result, polled_at, all[i].id + ": ", poll.groups,
                   workspace_rate_limits(options, i, polled_at, true));
  }
  return result;
}

StreamCheck check_spend_limits(const Api& api, const Options& options,
                               const std::map<Instant, EntityDocuments>& polls) {
  const auto& [polled_at, poll] = *polls.rbegin();
  StreamCheck result{"spend_limit", "", 0, poll.size(), poll.size(), 0, {}};
  for (const auto& entry : polls) result.documents += entry.second.size();
  add_differences(result, polled_at,
                  compare_entities(options, api.organization(), "spend_limit", polled_at, poll));
  return result;
}

StreamCheck check_entities(const Api& api, const Options& options, const string& stream,
                           Instant as_of, const EntityHistory& history) {
  StreamCheck result{stream, "", history.count, history.latest.size(), history.latest.size(),
                     0,      {}};
  add_differences(result, as_of,
                  compare_entities(options, api.organization(), stream, as_of, history.latest));
  return result;
}

}  // namespace anthropic_metrics::simulator
