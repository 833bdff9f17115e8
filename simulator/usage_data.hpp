// SPDX-License-Identifier: Apache-2.0
// The truth about tokens: how much every leaf used in every minute, as it could be known at a given
// time. Nothing is stored; hours that can no longer change are remembered because they are asked
// for often.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "organization.hpp"

namespace anthropic_metrics::simulator {

enum class Width { minute, hour, day };
std::chrono::seconds length(Width width);

/// What a row measures, in this order: uncached input, cache reads, five-minute and one-hour cache
/// writes, output, web searches.
using Counters = std::array<std::int64_t, 6>;
enum Counter : std::size_t {
  uncached_input,
  cache_read,
  cache_write_5m,
  cache_write_1h,
  output,
  web_searches
};

/// Which buckets, and which rows of them. `start` and `end` are multiples of `width`.
struct UsageQuery {
  Instant start;
  Instant end;
  Width width = Width::hour;
  DimensionSet group_by;
  /// Allowed values per dimension; an empty list allows all. Null passes no filter.
  std::array<std::vector<std::string>, dimension_count> filters;
};

/// The usage of one leaf in one interval: what is reported under its own dimensions and what, for
/// now, is reported under the provisional ones.
struct LeafUsage {
  Counters settled{};
  Counters provisional{};
  std::int64_t settled_requests = 0;  ///< only analytics reports tell
  std::int64_t provisional_requests = 0;
};

/// [not thread-safe: remembers settled hours]
class UsageData {
 public:
  /// Both are borrowed for the life of this object.
  UsageData(const Options& options, const Organization& organization);

  /// Usage of one leaf in [start, end), as visible at `as_of`. Both ends are whole minutes. Minutes
  /// that have not ended at `as_of` count nothing.
  LeafUsage leaf_usage(std::size_t leaf, Instant start, Instant end, Instant as_of) const;

  /// Called once with the rows' dimensions in order (dimensions not grouped by are 0), then once
  /// per bucket with the counters of each row; a row whose counters are all zero is absent from the
  /// report.
  struct Visitor {
    std::function<void(std::span<const Tuple>)> rows;
    std::function<void(Instant start, std::span<const Counters>)> bucket;
  };
  void visit(const UsageQuery& query, Instant as_of, const Visitor& visitor) const;

 private:
  struct Fate;
  struct Hour {
    Counters counters{};
    std::int64_t requests = 0;
  };
  Fate fate(const Leaf& leaf, Instant hour) const;
  Counters minute_usage(const Leaf& leaf, const Fate& fate, Instant minute, Instant as_of) const;
  bool quiet(Instant hour) const;
  void add_hour(std::size_t leaf, Instant hour, Instant start, Instant end, Instant as_of,
                LeafUsage& usage) const;

  const Options& options_;
  const Organization& organization_;
  const std::chrono::seconds settled_after_;  ///< how long after its end an hour can still change
  mutable std::unordered_map<std::uint64_t, Hour> settled_hours_;
};

inline bool empty(const Counters& counters) {
  return counters == Counters{};
}
inline void add(Counters& to, const Counters& more) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += more[i];
}

}  // namespace anthropic_metrics::simulator
