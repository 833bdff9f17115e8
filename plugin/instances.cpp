// SPDX-License-Identifier: Apache-2.0
#include "instances.hpp"

#include <algorithm>

namespace anthropic_metrics {
namespace {

std::uint32_t slot_of(beat_handle handle) {
  return static_cast<std::uint32_t>(handle);
}
std::uint32_t generation_of(beat_handle handle) {
  return static_cast<std::uint32_t>(handle >> 32);
}

}  // namespace

Instances& Instances::process() {
  // Never destroyed: hosts unload and exit in any order, and a destructor must not touch files.
  static Instances* table = new Instances;
  return *table;
}

beat_handle Instances::add(std::shared_ptr<Instance> instance) {
  const std::lock_guard lock(mutex_);
  auto slot = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.instance; });
  if (slot == slots_.end()) slot = slots_.emplace(slots_.end());
  slot->instance = std::move(instance);
  ++slot->generation;
  return static_cast<beat_handle>(slot->generation) << 32 |
         static_cast<std::uint32_t>(slot - slots_.begin());
}

std::shared_ptr<Instance> Instances::find(beat_handle handle) const {
  const std::lock_guard lock(mutex_);
  const std::uint32_t at = slot_of(handle);
  if (at >= slots_.size() || slots_[at].generation != generation_of(handle)) return nullptr;
  return slots_[at].instance;
}

bool Instances::closed(beat_handle handle) const {
  const std::lock_guard lock(mutex_);
  const std::uint32_t at = slot_of(handle);
  const std::uint32_t generation = generation_of(handle);
  if (at >= slots_.size() || generation == 0) return false;
  return generation < slots_[at].generation ||
         (generation == slots_[at].generation && !slots_[at].instance);
}

void Instances::remove(beat_handle handle) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t at = slot_of(handle);
  if (at < slots_.size() && slots_[at].generation == generation_of(handle))
    slots_[at].instance.reset();
}

}  // namespace anthropic_metrics
