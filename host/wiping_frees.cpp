// SPDX-License-Identifier: Apache-2.0
#include "wiping_frees.hpp"

#include <malloc.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/secret.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define AM_SANITIZED 1
#endif
#endif

namespace {

thread_local int wiping = 0;

// The depth that parsing reaches; the stack of a thread is far larger.
constexpr std::size_t used_stack = 256UL * 1024;

[[gnu::noinline]] void wipe_used_stack() {
  std::array<char, used_stack> used;
  explicit_bzero(used.data(), used.size());
}

}  // namespace

#if !defined(AM_SANITIZED)

// Arrays, sizes and nothrow come down to these two; aligned memory does not, and holds no text.
void* operator new(std::size_t size) {
  while (true) {
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* memory) noexcept {
  if (wiping > 0 && memory != nullptr) explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  ::operator delete(memory);
}

#endif

namespace anthropic_metrics::host {

WipingFrees::WipingFrees() {
  ++wiping;
}

WipingFrees::~WipingFrees() {
  --wiping;
  wipe_used_stack();
  wipe_stack_below();  // and the vector registers
}

}  // namespace anthropic_metrics::host
