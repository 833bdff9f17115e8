// SPDX-License-Identifier: Apache-2.0
#include "ledger/lateness.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;

struct Slot {
  std::chrono::seconds bound;
  const char* label;
};

constexpr std::array<Slot, Lateness::slots> table{{{5min, "<=5m"},
                                                   {15min, "<=15m"},
                                                   {1h, "<=1h"},
                                                   {2h, "<=2h"},
                                                   {6h, "<=6h"},
                                                   {26h, "<=26h"},
                                                   {72h, "<=3d"},
                                                   {168h, "<=7d"},
                                                   {840h, "<=35d"},
                                                   {std::chrono::seconds::max(), ">35d"}}};

}  // namespace

const char* Lateness::label(std::size_t slot) noexcept {
  return table[slot].label;
}

std::size_t Lateness::slot_of(std::chrono::seconds after_closing) noexcept {
  std::size_t slot = 0;
  while (after_closing > table[slot].bound) ++slot;
  return slot;
}

}  // namespace anthropic_metrics
