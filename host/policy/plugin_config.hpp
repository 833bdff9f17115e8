// SPDX-License-Identifier: Apache-2.0
// An input of the policy as the plugin's configuration. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace anthropic_metrics::host {

// One entry of the plugin's stream list, in index order.
struct StreamInfo {
  std::string name;
  std::string dataset;
  std::string title;
  bool history = false;    // can be asked for history (backfill_from)
  std::string endpoint{};  // the path that it asks; empty if it asks nothing
  bool opt_in = false;     // off until it is asked for
};

// data_path: the host's data directory; empty means state in memory only, unless the input names a
// state.path itself. Streams of the plugin that the input does not list are switched off, unless it
// lists none at all.
boost::json::object make_plugin_config(const Input& input, const std::vector<StreamInfo>& streams,
                                       const std::string& data_path);

// An input id as a file name: unusual characters become '_', and a hash keeps different ids apart.
std::string file_safe(std::string_view id);

// Every text in a configuration that must never be shown: keys, tokens, passwords, and the user
// part of URLs.
std::vector<std::string> secrets_of(const boost::json::object& config);

// Where a stream's documents go: its dataset and the namespace that holds for it.
struct StreamTarget {
  std::string name;
  std::string dataset;
  std::string data_namespace;
  bool on = true;  // whether the input collects it

  // "metrics-anthropic_metrics.usage-default"
  std::string data_stream() const { return "metrics-" + dataset + "-" + data_namespace; }

  bool operator==(const StreamTarget&) const = default;
};
std::vector<StreamTarget> targets_of(const Input& input, const std::vector<StreamInfo>& streams);

}  // namespace anthropic_metrics::host
