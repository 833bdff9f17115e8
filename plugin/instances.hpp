// SPDX-License-Identifier: Apache-2.0
// Handles: a slot and its generation, so that a stale one is an error and never somebody else's
// instance. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "instance.hpp"

namespace anthropic_metrics {

class Instances {
 public:
  /// The process's table.
  static Instances& process();

  beat_handle add(std::shared_ptr<Instance> instance);
  /// Null if the handle is not of a live instance.
  std::shared_ptr<Instance> find(beat_handle handle) const;
  /// True if the handle was of an instance that has been shut down.
  bool closed(beat_handle handle) const;
  void remove(beat_handle handle);

 private:
  struct Slot {
    std::uint32_t generation = 0;  ///< Of the newest instance in it.
    std::shared_ptr<Instance> instance;
  };
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
};

}  // namespace anthropic_metrics
