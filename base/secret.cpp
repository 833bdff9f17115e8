// SPDX-License-Identifier: Apache-2.0
#include "base/secret.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <new>

namespace anthropic_metrics {
namespace {

/// Copying leaves the end of what was copied in vector registers, and from there a signal or the
/// binding of a function puts it on the stack of whoever runs next.
void clear_vector_registers() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    __asm__ volatile(
        "vpxord %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm17, %%zmm17, %%zmm17\n\t"
        "vpxord %%zmm18, %%zmm18, %%zmm18\n\tvpxord %%zmm19, %%zmm19, %%zmm19\n\t"
        "vpxord %%zmm20, %%zmm20, %%zmm20\n\tvpxord %%zmm21, %%zmm21, %%zmm21\n\t"
        "vpxord %%zmm22, %%zmm22, %%zmm22\n\tvpxord %%zmm23, %%zmm23, %%zmm23\n\t"
        "vpxord %%zmm24, %%zmm24, %%zmm24\n\tvpxord %%zmm25, %%zmm25, %%zmm25\n\t"
        "vpxord %%zmm26, %%zmm26, %%zmm26\n\tvpxord %%zmm27, %%zmm27, %%zmm27\n\t"
        "vpxord %%zmm28, %%zmm28, %%zmm28\n\tvpxord %%zmm29, %%zmm29, %%zmm29\n\t"
        "vpxord %%zmm30, %%zmm30, %%zmm30\n\tvpxord %%zmm31, %%zmm31, %%zmm31" ::);
  }
  if (__builtin_cpu_supports("avx")) {
    __asm__ volatile("vzeroall" ::
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                           "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  } else {
    __asm__ volatile(
        "pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\t"
        "pxor %%xmm3, %%xmm3\n\tpxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\t"
        "pxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm8, %%xmm8\n\t"
        "pxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, %%xmm11\n\t"
        "pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\tpxor %%xmm14, %%xmm14\n\t"
        "pxor %%xmm15, %%xmm15" ::
            : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
              "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  }
#endif
}

}  // namespace

Secret::Secret(std::string_view octets) {
  if (octets.empty()) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t length = (octets.size() + page - 1) / page * page;
  void* memory =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Best effort all three: a low RLIMIT_MEMLOCK or an old kernel must not stop anybody.
  (void)::mlock(memory, length);
  (void)::madvise(memory, length, MADV_DONTDUMP);
  (void)::madvise(memory, length, MADV_WIPEONFORK);
  data_ = static_cast<char*>(memory);
  size_ = octets.size();
  mapped_ = length;
  std::memcpy(data_, octets.data(), size_);
}

Secret Secret::take(std::string&& octets) {
  Secret secret{std::string_view(octets)};
  wipe(octets);
  return secret;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    release();
    data_ = other.data_;
    size_ = other.size_;
    mapped_ = other.mapped_;
    other.forget();
  }
  return *this;
}

Secret::~Secret() {
  release();
}

void Secret::release() noexcept {
  if (!data_) return;
  explicit_bzero(data_, mapped_);
  ::munmap(data_, mapped_);
  forget();
}

bool Secret::same_as(const Secret& other) const noexcept {
  if (size_ != other.size_) return false;
  volatile unsigned char difference = 0;  // so that the loop is not cut short
  for (std::size_t i = 0; i < size_; ++i)
    difference = difference | static_cast<unsigned char>(data_[i] ^ other.data_[i]);
  return difference == 0;
}

[[gnu::noinline]] void wipe_stack_below() noexcept {
  std::array<char, 64 * 1024> used;
  explicit_bzero(used.data(), used.size());
  clear_vector_registers();
}

void wipe(char* data, std::size_t size) noexcept {
  if (size != 0) explicit_bzero(data, size);
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace anthropic_metrics
