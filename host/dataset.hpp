// SPDX-License-Identifier: Apache-2.0
// A data set, "<name>.<stream>": the stream is the plugin's, the name says whose templates,
// dashboards and rules are for it, those of the package of that name. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host {

inline constexpr std::string_view default_name = "anthropic_metrics";

struct Dataset {
  std::string name;    // "anthropic_metrics"
  std::string stream;  // "usage"
};

// Nothing if it has no two parts. Whether the plugin has the stream is for the plugin to say.
std::optional<Dataset> split_dataset(std::string_view dataset);

// The name in "metrics-<name>.<stream>-<namespace>"; the default one if there is none.
std::string name_in(std::string_view data_stream);

// "metrics-<name>.*": every data stream of that name, as a pattern of index names.
std::string data_streams_of(std::string_view name);

}  // namespace anthropic_metrics::host
