// SPDX-License-Identifier: Apache-2.0
// What was written for each data stream since the start. From any thread.
#pragma once

#include <beat_plugin.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

class WrittenCount {
 public:
  struct Sum {
    std::uint64_t documents = 0;
    std::uint64_t bytes = 0;  // with their newlines
  };
  using Key = std::pair<std::string, std::string>;  // dataset and namespace

  using Sums = std::vector<Sum>;  // of a batch, by stream

  static Sums sums_of(const beat_batch& batch, std::size_t streams);
  void add(const Sums& sums, const std::vector<StreamTarget>& targets);
  Sum of(const StreamTarget& target) const;
  std::map<Key, Sum> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<Key, Sum> sums_;  // guarded by mutex_
};

}  // namespace anthropic_metrics::host
