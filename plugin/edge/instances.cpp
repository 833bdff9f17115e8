// SPDX-License-Identifier: Apache-2.0
#include "edge/instances.hpp"

#include <unistd.h>

#include <algorithm>

namespace anthropic_metrics {
namespace {

std::uint32_t slot_of(beat_handle handle) {
  return static_cast<std::uint32_t>(handle);
}
std::uint32_t generation_of(beat_handle handle) {
  return static_cast<std::uint32_t>(handle >> 32);
}

// Never destroyed: hosts unload and exit in any order, and a destructor must not touch files.
std::atomic<Instances*> newest_table{nullptr};

}  // namespace

Instances::Instances(pid_t pid, const Instances* parent) noexcept
    : pid_(pid),
      parent_(parent),
      first_(parent == nullptr ? 0 : parent->end_.load(std::memory_order_relaxed)),
      end_(first_) {}

Instances& Instances::process() {
  const pid_t pid = ::getpid();
  Instances* table = newest_table.load(std::memory_order_acquire);
  while (table == nullptr || table->pid_ != pid) {
    std::unique_ptr<Instances> fresh(new Instances(pid, table));
    if (newest_table.compare_exchange_strong(table, fresh.get())) return *fresh.release();
  }
  return *table;
}

beat_handle Instances::add(std::shared_ptr<Instance> instance) {
  const std::lock_guard lock(mutex_);
  auto slot = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.instance; });
  if (slot == slots_.end()) slot = slots_.emplace(slots_.end());
  const auto number = first_ + static_cast<std::uint32_t>(slot - slots_.begin());
  end_.store(first_ + static_cast<std::uint32_t>(slots_.size()), std::memory_order_relaxed);
  slot->instance = std::move(instance);
  ++slot->generation;
  return static_cast<beat_handle>(slot->generation) << 32 | number;
}

Instances::Found Instances::find(beat_handle handle) const {
  const std::uint32_t number = slot_of(handle), generation = generation_of(handle);
  if (generation == 0) return {};
  if (number < first_) return {Found::What::of_parent};
  const std::lock_guard lock(mutex_);
  const std::uint32_t at = number - first_;
  if (at >= slots_.size() || generation > slots_[at].generation) return {};
  const Slot& slot = slots_[at];
  if (generation < slot.generation || !slot.instance) return {Found::What::closed};
  return {Found::What::live, slot.instance};
}

void Instances::remove(beat_handle handle) {
  std::shared_ptr<Instance> last;  // Freed behind the lock.
  const std::lock_guard lock(mutex_);
  const std::uint32_t at = slot_of(handle) - first_;
  if (at < slots_.size() && slots_[at].generation == generation_of(handle))
    last = std::move(slots_[at].instance);
}

}  // namespace anthropic_metrics
