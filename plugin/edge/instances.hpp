// SPDX-License-Identifier: Apache-2.0
// Handles: a slot and its generation, so that a stale one is an error and never somebody else's
// instance. Thread-safe.
//
// A forked child inherits memory that other threads may have been changing, and locks that nobody
// will ever open again. So it touches nothing of its parent's table: it gets a table of its own,
// whose slots begin behind the parent's. A slot before them is the parent's, whatever became of it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "edge/instance.hpp"

namespace anthropic_metrics {

class Instances {
 public:
  /// The table of the process that calls.
  static Instances& process();

  beat_handle add(std::shared_ptr<Instance> instance);

  struct Found {
    enum class What { live, closed, of_parent, unknown };
    What what = What::unknown;
    std::shared_ptr<Instance> instance{};  ///< If it is live.
  };
  Found find(beat_handle handle) const;
  void remove(beat_handle handle);

 private:
  struct Slot {
    std::uint32_t generation = 0;  ///< Of the newest instance in it.
    std::shared_ptr<Instance> instance;
  };
  Instances(pid_t pid, const Instances* parent) noexcept;

  const pid_t pid_;
  const Instances* const parent_;  ///< Kept, never used: its memory may be torn.
  const std::uint32_t first_;      ///< Number of the first slot here.
  std::atomic<std::uint32_t> end_;
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
};

}  // namespace anthropic_metrics
