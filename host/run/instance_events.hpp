// SPDX-License-Identifier: Apache-2.0
// What an instance reports while it works; called on the thread that has the turn.
#pragma once

#include <beat_plugin.h>

#include <functional>
#include <vector>

#include "policy/plugin_config.hpp"
#include "run/written_count.hpp"

namespace anthropic_metrics::host {

struct InstanceEvents {
  // How many documents of each stream were written, and where to.
  std::function<void(const WrittenCount::Sums&, const std::vector<StreamTarget>&)> written{};
  // The documents themselves. With it a batch stays in memory until it is written.
  std::function<void(const beat_batch&, const std::vector<StreamTarget>&)> documents{};
  std::function<void()> changed{};  // round or output state may have changed
};

}  // namespace anthropic_metrics::host
