// SPDX-License-Identifier: Apache-2.0
// `backfill`: what a plugin is asked for when only history is wanted, and what its status says
// about how far it is. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

struct HistoryWish {
  std::string from;    // a date or a time; the plugin judges its form
  std::string stream;  // empty: every stream that has history
};

// Changes a plugin's configuration so that it collects history and nothing else: of the streams
// that it would run anyway and that have one. False if no stream is left.
bool ask_for_history(boost::json::object& config, const std::vector<StreamInfo>& streams,
                     const HistoryWish& wish);

// Of the targets those whose streams a configuration changed so asks for history.
std::vector<StreamTarget> history_targets(const boost::json::object& config,
                                          const std::vector<StreamTarget>& targets);

// One stream of a status on its way back in time.
struct HistoryPart {
  std::string stream;
  std::string from;     // where it shall reach
  std::string reached;  // empty before the first poll
  double share = 0;     // of the time from there to the newest bucket
  bool done = false;
  bool ends = false;      ///< The API has nothing older, though more was asked for.
  bool refused = false;   // the service wants a person to look
  std::string waits_for;  // the error that keeps it, if one does

  bool operator==(const HistoryPart&) const = default;
};

struct HistoryState {
  std::vector<HistoryPart> parts;
  std::uint64_t pending_documents = 0;  // not yet acknowledged

  bool collected() const;
  bool refused() const;
};

// Reads a plugin's status text. Without parts if it is not understood.
HistoryState history_state(std::string_view status_json);

// "usage: 42 % collected, back to 2026-03-01T00:00:00Z; shall reach 2026-01-01T00:00:00Z".
std::string to_text(const HistoryPart& part);

}  // namespace anthropic_metrics::host
