// SPDX-License-Identifier: Apache-2.0
// The truth behind the analytics reports: the same tokens and money as in the older reports, split
// by other dimensions, refreshed now and then, and revised for up to 29 days.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cost_data.hpp"

namespace anthropic_metrics::simulator {

/// What `group_by[]` may name, in the order of rows; the last two on cost only.
enum class Facet : std::size_t {
  actor,
  actor_type,
  agent_id,
  api_key_id,
  claude_tag_category,
  claude_tag_user_id,
  context_window,
  deployment_id,
  environment_id,
  inference_geo,
  model,
  organization_id,
  product,
  rbac_group_id,
  service_tier,
  session_id,
  slack_channel_id,
  speed,
  user_profile_id,
  workspace_id,
  cost_type,
  token_type,
};
inline constexpr std::size_t facet_count = 22;
inline constexpr std::size_t usage_facet_count = 20;
inline constexpr std::array<std::string_view, facet_count> facet_names{"actor",
                                                                       "actor_type",
                                                                       "agent_id",
                                                                       "api_key_id",
                                                                       "claude_tag_category",
                                                                       "claude_tag_user_id",
                                                                       "context_window",
                                                                       "deployment_id",
                                                                       "environment_id",
                                                                       "inference_geo",
                                                                       "model",
                                                                       "organization_id",
                                                                       "product",
                                                                       "rbac_group_id",
                                                                       "service_tier",
                                                                       "session_id",
                                                                       "slack_channel_id",
                                                                       "speed",
                                                                       "user_profile_id",
                                                                       "workspace_id",
                                                                       "cost_type",
                                                                       "token_type"};
constexpr std::size_t index(Facet facet) {
  return static_cast<std::size_t>(facet);
}

/// One value per facet; empty is null. An actor is written as its type, a slash and its id.
using FacetValues = std::array<std::string, facet_count>;
using FacetSet = std::bitset<facet_count>;

/// The state of the reports at a time. Between two refreshes they say the same.
struct Refresh {
  std::uint64_t number = 0;
  Instant at;
  std::optional<Instant> watermark;  ///< as sent; buckets that end later are incomplete
  Instant complete_until;            ///< the watermark, or what it would be if it were not null
};
Refresh refresh_at(const Options& options, Instant now);

struct AnalyticsQuery {
  Instant start;
  Instant end;
  std::optional<Width> width;  ///< nothing: one bucket, whole hours
  FacetSet group_by;
  bool cost = false;
  /// Allowed values per facet; an empty list allows all, an empty value null.
  std::array<std::vector<std::string>, facet_count> filters;
};

/// What one row says: usage has no amounts, cost no counters.
struct AnalyticsMeasures {
  Counters counters{};
  std::int64_t requests = 0;
  Amount amount;
  Amount list_amount;

  AnalyticsMeasures& operator+=(const AnalyticsMeasures& more);
  friend bool operator==(const AnalyticsMeasures&, const AnalyticsMeasures&) = default;
};

struct AnalyticsRow {
  Instant start;
  Instant end;
  FacetValues group;  ///< without cost and token type
  /// Tells apart rows of one group whose actors the server cannot render.
  std::uint64_t unrendered = 0;
  AnalyticsMeasures total;
  /// Of cost that is grouped by cost or token type: the rows into which it fans out.
  std::vector<std::pair<FacetValues, AnalyticsMeasures>> parts;
};

/// [not thread-safe, as `UsageData`]
class AnalyticsData {
 public:
  /// All four are borrowed for the life of this object.
  AnalyticsData(const Options& options, const Organization& organization, const UsageData& usage,
                const CostData& cost);

  /// The rows of [query.start, query.end) in order of time and group. Sparse: a bucket without
  /// anything has none.
  std::vector<AnalyticsRow> rows(const AnalyticsQuery& query, const Refresh& refresh) const;

 private:
  struct Source {
    FacetValues settled;
    FacetValues provisional;
    std::vector<std::string> rbac_groups;
    std::uint64_t unrendered = 0;
  };
  struct Bucket;
  Source make_source(std::size_t leaf) const;
  std::string workspace_text(std::size_t workspace) const;
  std::string organization_text(std::size_t workspace) const;
  LeafUsage usage_of(std::size_t leaf, Instant start, Instant end, const Refresh& refresh) const;
  void add_leaf(std::size_t leaf, Bucket& bucket) const;
  void add_services(Bucket& bucket) const;

  const Options& options_;
  const Organization& organization_;
  const UsageData& usage_;
  const CostData& cost_;
  std::vector<Source> sources_;
};

}  // namespace anthropic_metrics::simulator
