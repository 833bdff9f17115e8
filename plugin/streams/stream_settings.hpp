// SPDX-License-Identifier: Apache-2.0
// The settings of one stream, as settings/stream_config.cpp reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace anthropic_metrics::streams {

/// How far back closed buckets are read again, and how often.
struct Tier {
  Milliseconds look_back{};
  Milliseconds every{};  ///< 0: at every poll.
};

struct StreamSettings {
  bool enabled = true;
  Milliseconds interval{};               ///< From one poll to the next.
  Milliseconds initial_interval{};       ///< How much history the very first poll fetches.
  Milliseconds settle{};                 ///< How long after a bucket closed it is first emitted.
  std::string bucket_width;              ///< "1m", "1h", "1d"; empty for snapshot streams.
  std::vector<std::string> group_by;     ///< Sorted and unique.
  std::vector<Tier> tiers;               ///< Shallow to deep.
  std::optional<Instant> backfill_from;  ///< Collect history back to here, newest first.
  std::string data_stream_namespace = "default";
  std::vector<std::string> tags;
  bool preserve_original_event = false;
};

}  // namespace anthropic_metrics::streams
