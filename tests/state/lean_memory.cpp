// SPDX-License-Identifier: Apache-2.0
#include "lean_memory.hpp"

#include <sqlite3.h>

#include <array>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace anthropic_metrics::test {
namespace {

struct State {
  bool counting = false;
  LeanMemory::Of of = LeanMemory::Of::program;
  std::int64_t nth = 0, more = 0;
  bool fired = false;
  std::array<std::int64_t, 2> counts{};
};
thread_local State state;

bool refused(LeanMemory::Of of) noexcept {
  if (!state.counting || LeanMemory::Plenty::depth > 0) return false;
  const std::int64_t number = ++state.counts[static_cast<std::size_t>(of)];
  if (state.of != of || state.nth == 0) return false;
  if (number < state.nth || number > state.nth + state.more) return false;
  state.fired = true;
  return true;
}

sqlite3_mem_methods usual;
sqlite3_mem_methods lean;

void configure(sqlite3_mem_methods& methods) {
  sqlite3_shutdown();
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
    throw std::runtime_error("SQLite is in use");
}

}  // namespace

LeanMemory::LeanMemory() {
  sqlite3_initialize();
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
  sqlite3_shutdown();
  if (usual.xMalloc == nullptr) sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
  lean = usual;
  lean.xMalloc = [](int size) -> void* {
    return refused(Of::sqlite) ? nullptr : usual.xMalloc(size);
  };
  lean.xRealloc = [](void* memory, int size) -> void* {
    return refused(Of::sqlite) ? nullptr : usual.xRealloc(memory, size);
  };
  configure(lean);
}

LeanMemory::~LeanMemory() {
  heal();
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_MALLOC, &usual);
}

void LeanMemory::fail(Of of, std::int64_t nth, std::int64_t more) {
  state = {};
  state.of = of;
  state.nth = nth;
  state.more = more;
  state.counting = true;
}

void LeanMemory::heal() {
  state.counting = false;
}

bool LeanMemory::fired() const {
  return state.fired;
}

std::int64_t LeanMemory::count(Of of) const {
  return state.counts.at(static_cast<std::size_t>(of));
}

}  // namespace anthropic_metrics::test

#if !defined(AM_SANITIZED)
// The whole binary's memory. A sanitizer keeps its own, and then only SQLite's runs out.
void* operator new(std::size_t size) {
  using anthropic_metrics::test::LeanMemory;
  if (!anthropic_metrics::test::refused(LeanMemory::Of::program))
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif
