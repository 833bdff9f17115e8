// SPDX-License-Identifier: Apache-2.0
// Reads collected documents and adds up what they say per stream, grain, bucket and row. Compares
// nothing.
#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "analytics_data.hpp"
#include "cost_data.hpp"
#include "entity_check.hpp"
#include "rate_limit_data.hpp"

namespace anthropic_metrics::simulator {

/// One value per dimension; empty is null or not grouped by. A default workspace, which documents
/// write as a name, is the null it stands for.
using DimensionValues = std::array<std::string, dimension_count>;

/// The documents of one bucket width and group_by.
struct UsageDocuments {
  std::uint64_t count = 0;
  std::map<std::pair<Instant, DimensionValues>, Counters> sums;
};

/// The documents of one group_by.
struct CostDocuments {
  std::uint64_t count = 0;
  std::map<std::pair<Instant, CostKey>, Amount> sums;
};

/// The documents that share one timestamp.
struct RateLimitDocuments {
  std::uint64_t count = 0;
  std::set<std::string> groups;  ///< each as `canonical` writes it
};

/// The documents of one bucket width and group_by of an analytics report.
struct AnalyticsDocuments {
  std::uint64_t count = 0;
  std::map<std::pair<Instant, FacetValues>, AnalyticsMeasures> sums;
};

/// Sums of days by measure, under the texts that identify a row: kind, type of actor, actor, type
/// of customer, of subscription and of terminal, whether it was remote, and model.
struct ClaudeCodeDocuments {
  std::uint64_t count = 0;
  using Key = std::array<std::string, 8>;
  std::map<std::pair<Instant, Key>, std::map<std::string, Amount>> sums;
};

/// Activity per day, person, product and metric.
struct ActivityDocuments {
  std::uint64_t count = 0;
  std::map<std::pair<Instant, std::array<std::string, 3>>, std::int64_t> sums;
};

/// Of each day the document with the highest revision.
struct SummaryDocuments {
  std::uint64_t count = 0;
  std::map<Instant, std::pair<std::int64_t, std::array<std::int64_t, 5>>> latest;
};

/// The documents of a stream of things that stay.
struct EntityHistory {
  std::uint64_t count = 0;
  std::map<std::string, Instant> seen;
  EntityDocuments latest;
};

/// The texts, numbers and truth values of an entry or a document, as JSON.
using Said = std::multiset<std::string>;
Said said(const boost::json::value& value);

/// One group of limits as one text, for comparison and for people.
std::string canonical(const RateLimit& limit);
/// The lower of the limit and the organization's.
std::int64_t effective(const Limiter& limiter);

/// Everything read so far. Lines that are JSON objects but no documents of anthropic_metrics are
/// ignored.
class Documents {
 public:
  /// Adds a file of NDJSON. Throws std::runtime_error when it cannot be opened; faulty lines are
  /// counted instead.
  void read(const std::filesystem::path& path);

  using GroupBy = std::set<std::string>;
  std::map<std::pair<std::string, GroupBy>, UsageDocuments> usage;  ///< by width and group_by
  std::map<GroupBy, CostDocuments> cost;
  std::map<Instant, RateLimitDocuments> rate_limits;  ///< by poll
  std::map<std::string, std::map<Instant, RateLimitDocuments>> workspace_limits;
  std::map<Instant, EntityDocuments> spend_limits;  ///< by poll
  std::map<std::string, EntityHistory> entities;    ///< by stream
  /// By cost or not, width and group_by.
  std::map<std::tuple<bool, std::string, GroupBy>, AnalyticsDocuments> analytics;
  ClaudeCodeDocuments claude_code;
  ActivityDocuments activity;
  SummaryDocuments summaries;
  /// Of every other stream, by poll.
  std::map<std::string, std::map<Instant, std::vector<Said>>> others;

  std::uint64_t count = 0;
  std::uint64_t duplicate_ids = 0;
  std::uint64_t fault_count = 0;
  std::vector<std::string> faults;  ///< the first ten, each with file, line and what is wrong

 private:
  void fault(std::string sentence);
  void read_line(const std::string& line);

  std::unordered_set<std::string> ids_;
};

}  // namespace anthropic_metrics::simulator
