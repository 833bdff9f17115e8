// SPDX-License-Identifier: Apache-2.0
// Reads a stream whose every poll is the full current state: the organization's list and, where the
// stream has that, one of each live workspace.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// What is known of the workspaces between two polls.
struct WorkspaceParts {
  std::function<std::vector<std::string>()> live{};  ///< Their ids, when it is their turn.
  std::optional<Monotonic> next_round{};             ///< Then all are asked again.
  std::set<std::string, std::less<>> asked{};        ///< Since the last round began.
  bool offered = true;                               ///< Else none is asked before that.
  bool told = false;                                 ///< That they are not offered has been said.
};

/// Reads and emits the state, page by page; a page once it is known to be whole. A workspace that
/// is gone when it is asked about costs nothing.
boost::asio::awaitable<Outcome<void>> read_snapshot(const Services& services, Lane& lane,
                                                    WorkspaceParts& parts);

}  // namespace anthropic_metrics
