// SPDX-License-Identifier: Apache-2.0
// The settings of one stream, as settings/stream_config.cpp reads them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "streams/personal.hpp"

namespace anthropic_metrics::streams {

/// How far back closed buckets are read again, and how often.
struct Tier {
  Milliseconds look_back{};
  Milliseconds every{};  ///< 0: at every poll.
};

/// The data set of a stream where nobody says another.
inline std::string default_dataset(std::string_view stream) {
  return "anthropic_metrics." + std::string(stream);
}

struct StreamSettings {
  bool enabled = true;
  Milliseconds interval{};               ///< From one poll to the next.
  Milliseconds initial_interval{};       ///< How much history the very first poll fetches.
  Milliseconds settle{};                 ///< How long after a bucket closed it is first emitted.
  std::string bucket_width;              ///< "1m", "1h", "1d"; empty for snapshot streams.
  std::vector<std::string> group_by;     ///< Sorted and unique.
  std::vector<Tier> tiers;               ///< Shallow to deep.
  std::optional<Instant> backfill_from;  ///< Collect history back to here, newest first.
  std::string dataset;                   ///< Empty: default_dataset() of the stream.
  std::string data_stream_namespace = "default";
  std::vector<std::string> tags;
  bool preserve_original_event = false;
  Personal personal{};  ///< Its key is put in once the state is open.

  bool groups_by(std::string_view dimension) const {
    return std::find(group_by.begin(), group_by.end(), dimension) != group_by.end();
  }
  std::string dataset_of(std::string_view stream) const {
    return dataset.empty() ? default_dataset(stream) : dataset;
  }
  /// metrics-<dataset>-<namespace>
  std::string data_stream_of(std::string_view stream) const {
    return "metrics-" + dataset_of(stream) + "-" + data_stream_namespace;
  }
};

}  // namespace anthropic_metrics::streams
