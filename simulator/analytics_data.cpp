// SPDX-License-Identifier: Apache-2.0
#include "analytics_data.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

std::uint64_t number(Instant time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

/// Whether a row passes; a filter with an empty value also lets null pass.
bool passes(const AnalyticsQuery& query, const FacetValues& values) {
  for (std::size_t f = 0; f < facet_count; ++f) {
    const auto& allowed = query.filters[f];
    if (allowed.empty()) continue;
    std::string_view value = values[f];
    if (f == index(Facet::actor)) value = value.substr(value.find('/') + 1);
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) return false;
  }
  return true;
}

Instant watermark_of(const Options& options, std::uint64_t refresh) {
  const Instant at{options.analytics_refresh * static_cast<std::int64_t>(refresh)};
  return floor<hours>(at - hours{2});
}

}  // namespace

Refresh refresh_at(const Options& options, Instant now) {
  Refresh refresh;
  refresh.number = number(now) / static_cast<std::uint64_t>(options.analytics_refresh.count());
  refresh.at = Instant{options.analytics_refresh * static_cast<std::int64_t>(refresh.number)};
  refresh.complete_until = watermark_of(options, refresh.number);
  const std::uint64_t turn = pick(hash(options.seed, Purpose::refresh, refresh.number), 20);
  if (options.odd_watermark && (turn == 1 || turn == 2))
    refresh.complete_until = watermark_of(options, refresh.number - 1);
  if (options.odd_watermark && turn == 3) refresh.complete_until -= hours{5};
  if (!options.odd_watermark || turn != 0) refresh.watermark = refresh.complete_until;
  return refresh;
}

AnalyticsMeasures& AnalyticsMeasures::operator+=(const AnalyticsMeasures& more) {
  add(counters, more.counters);
  requests += more.requests;
  amount += more.amount;
  list_amount += more.list_amount;
  return *this;
}

/// One bucket while it is filled.
struct AnalyticsData::Bucket {
  const AnalyticsQuery& query;
  const Refresh& refresh;
  Instant start;
  Instant end;
  std::map<std::pair<FacetValues, std::uint64_t>, AnalyticsRow> rows;

  bool by(Facet facet) const { return query.group_by[index(facet)]; }

  FacetValues grouped(FacetValues values) const {
    for (std::size_t f = 0; f < facet_count; ++f)
      if (!query.group_by[f]) values[f].clear();
    return values;
  }

  void put(FacetValues values, std::uint64_t unrendered, const AnalyticsMeasures& measures) {
    if (!passes(query, values)) return;
    const FacetValues part = grouped(values);
    FacetValues group = part;
    group[index(Facet::cost_type)].clear();
    group[index(Facet::token_type)].clear();
    if (!by(Facet::actor)) unrendered = 0;
    AnalyticsRow& row = rows[{group, unrendered}];
    row.start = start, row.end = end, row.group = group, row.unrendered = unrendered;
    row.total += measures;
    if (!query.cost || !(by(Facet::cost_type) || by(Facet::token_type))) return;
    const auto found = std::find_if(row.parts.begin(), row.parts.end(),
                                    [&](const auto& one) { return one.first == part; });
    AnalyticsMeasures without_requests = measures;
    without_requests.requests = 0;
    if (found == row.parts.end())
      row.parts.emplace_back(part, without_requests);
    else
      found->second += without_requests;
  }
};

AnalyticsData::AnalyticsData(const Options& options, const Organization& organization,
                             const UsageData& usage, const CostData& cost)
    : options_(options), organization_(organization), usage_(usage), cost_(cost) {
  for (std::size_t leaf = 0; leaf < organization_.leaves.size(); ++leaf)
    sources_.push_back(make_source(leaf));
}

std::string AnalyticsData::workspace_text(std::size_t workspace) const {
  // An Enterprise organization has a single workspace, which has no id.
  return options_.kind == OrganizationKind::enterprise ? ""
                                                       : organization_.workspaces[workspace].id;
}

std::string AnalyticsData::organization_text(std::size_t workspace) const {
  if (!options_.parent || workspace % 2 == 0) return organization_.id;
  return make_uuid(hash(options_.seed, Purpose::organization, 1));
}

AnalyticsData::Source AnalyticsData::make_source(std::size_t number) const {
  const Leaf& leaf = organization_.leaves[number];
  const auto text = [&](Dimension dimension) {
    return std::string(organization_.value(dimension, leaf.dimensions[index(dimension)]));
  };
  // Leaves of one group have one product and are alike in whether their actor can be rendered.
  const std::size_t workspace = leaf.dimensions[index(Dimension::workspace_id)];
  const std::uint64_t group =
      hash(options_.seed, Purpose::product, workspace, leaf.dimensions[index(Dimension::model)],
           leaf.dimensions[index(Dimension::service_tier)]);
  Source source;
  FacetValues& values = source.settled;
  const auto set = [&](Facet facet, std::string value) { values[index(facet)] = std::move(value); };
  const std::string key = text(Dimension::api_key_id);
  set(Facet::api_key_id, key);
  set(Facet::context_window, text(Dimension::context_window));
  set(Facet::model, text(Dimension::model));
  set(Facet::service_tier, text(Dimension::service_tier));
  set(Facet::speed, text(Dimension::speed));
  set(Facet::organization_id, organization_text(workspace));
  set(Facet::workspace_id, workspace_text(workspace));
  if (text(Dimension::inference_geo) != "not_available")
    set(Facet::inference_geo, text(Dimension::inference_geo));

  static constexpr std::array products{"messages_api", "claude_code", "managed_agents_api",
                                       "messages_api", ""};
  std::string product = products.at(pick(group, products.size()));
  if (text(Dimension::service_tier) == "batch") product = "message_batches_api";
  if (key.empty()) product = "claude_console";
  if (product == "managed_agents_api") {
    set(Facet::agent_id, make_id("agent_", group));
    set(Facet::session_id, make_id("session_", leaf.key));
  }
  set(Facet::product, product);

  std::string actor;
  if (const std::string user = text(Dimension::account_id); !user.empty()) {
    actor = "user_actor/" + user;
    source.rbac_groups = {make_id("rbacgroup_", hash(options_.seed, 1))};
    if (pick(leaf.key, 2) == 0)
      source.rbac_groups.push_back(make_id("rbacgroup_", hash(options_.seed, 2)));
  } else if (const std::string account = text(Dimension::service_account_id); !account.empty()) {
    actor = "service_account_actor/" + account;
  } else if (pick(mix(group), 3) == 0) {
    source.unrendered = number + 1;
  } else {
    actor = pick(mix(group + 1), 5) == 0 ? "federated_actor/spiffe://example.org/" + product
                                         : "api_actor/" + key;
  }
  set(Facet::actor, actor);
  set(Facet::actor_type, actor.substr(0, actor.find('/')));
  source.provisional = values;
  source.provisional[index(Facet::workspace_id)] = workspace_text(0);
  source.provisional[index(Facet::organization_id)] = organization_text(0);
  return source;
}

/// Beyond the watermark the second half of each hour is missing; and for some hours, until they are
/// revised, all but the first third is, or all is counted twice. Which is the same at every width.
LeafUsage AnalyticsData::usage_of(std::size_t leaf, Instant start, Instant end,
                                  const Refresh& refresh) const {
  LeafUsage sum;
  for (Instant from = start; from < end;) {
    const Instant hour = floor<hours>(from);
    Instant to = std::min<Instant>(end, hour + hours{1});
    const Instant next = to;
    int times = 1;
    const std::uint64_t random =
        hash(organization_.leaves[leaf].key, Purpose::revision, number(hour));
    if (random < threshold(options_.revision_rate)) {
      constexpr auto span = static_cast<std::uint64_t>((days{29} - hours{2}) / seconds{1});
      const Instant revised_at = hour + hours{1} + seconds{pick(mix(random), span)};
      if (refresh.at < revised_at) {
        if (pick(mix(random + 1), 2) == 0)
          to = std::min<Instant>(to, hour + minutes{20});
        else
          times = 2;
      }
    }
    if (hour >= refresh.complete_until) to = std::min<Instant>(to, hour + minutes{30});
    if (from < to) {
      const LeafUsage part = usage_.leaf_usage(leaf, from, to, refresh.at);
      for (int i = 0; i < times; ++i) {
        add(sum.settled, part.settled);
        add(sum.provisional, part.provisional);
        sum.settled_requests += part.settled_requests;
        sum.provisional_requests += part.provisional_requests;
      }
    }
    from = next;
  }
  return sum;
}

void AnalyticsData::add_leaf(std::size_t leaf, Bucket& bucket) const {
  const Source& source = sources_[leaf];
  const auto put = [&](const FacetValues& values, const Counters& counters, std::int64_t requests,
                       Instant day) {
    if (empty(counters)) return;
    std::vector<std::pair<FacetValues, AnalyticsMeasures>> rows;
    if (!bucket.query.cost) {
      rows.push_back({values, {counters, requests, {}, {}}});
    } else {
      // All requests stand with the first charge; where charges have rows of their own they are
      // not told.
      for (const Charge& charge : cost_.charges(leaf, counters, day, bucket.refresh.at)) {
        rows.push_back(
            {values, {{}, rows.empty() ? requests : 0, charge.amount, charge.list_amount}});
        rows.back().first[index(Facet::cost_type)] = charge.cost_type;
        rows.back().first[index(Facet::token_type)] = charge.token_type;
      }
    }
    for (auto& [row, measures] : rows) {
      if (!bucket.by(Facet::rbac_group_id) || source.rbac_groups.empty()) {
        bucket.put(row, source.unrendered, measures);
        continue;
      }
      for (const std::string& group : source.rbac_groups) {
        row[index(Facet::rbac_group_id)] = group;
        bucket.put(row, source.unrendered, measures);
      }
    }
  };
  // Prices may differ from day to day.
  for (Instant from = bucket.start; from < bucket.end;) {
    const Instant day = floor<days>(from);
    const Instant to = std::min<Instant>(bucket.end, day + days{1});
    const LeafUsage usage = usage_of(leaf, from, to, bucket.refresh);
    put(source.settled, usage.settled, usage.settled_requests, day);
    put(source.provisional, usage.provisional, usage.provisional_requests, day);
    from = to;
  }
}

/// Services of a day are told as of noon. Usage knows the spans of code execution only.
void AnalyticsData::add_services(Bucket& bucket) const {
  for (Instant day = floor<days>(bucket.start); day < bucket.end; day += days{1}) {
    const Instant noon = day + hours{12};
    if (noon < bucket.start || noon >= bucket.end) continue;
    for (const Service& service : cost_.services(day, bucket.refresh.at)) {
      const bool session = service.cost_type == "session_usage";
      if (session && !bucket.query.cost) continue;
      FacetValues values;
      values[index(Facet::cost_type)] = service.cost_type;
      values[index(Facet::organization_id)] = organization_text(service.workspace);
      values[index(Facet::workspace_id)] = workspace_text(service.workspace);
      if (session) values[index(Facet::product)] = "managed_agents_api";
      AnalyticsMeasures measures;
      measures.requests = service.count;
      if (bucket.query.cost) measures.amount = measures.list_amount = service.amount;
      bucket.put(values, 0, measures);
    }
  }
}

std::vector<AnalyticsRow> AnalyticsData::rows(const AnalyticsQuery& query,
                                              const Refresh& refresh) const {
  std::vector<AnalyticsRow> all;
  for (Instant start = query.start; start < query.end && start < refresh.at;) {
    const Instant end = query.width ? start + length(*query.width) : query.end;
    Bucket bucket{query, refresh, start, end, {}};
    for (std::size_t leaf = 0; leaf < sources_.size(); ++leaf) add_leaf(leaf, bucket);
    add_services(bucket);
    for (auto& [key, row] : bucket.rows) all.push_back(std::move(row));
    start = end;
  }
  return all;
}

}  // namespace anthropic_metrics::simulator
