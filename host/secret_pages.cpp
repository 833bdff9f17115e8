// SPDX-License-Identifier: Apache-2.0
#include "secret_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace anthropic_metrics::host {

SecretPages::SecretPages(std::string_view text) {
  if (text.empty()) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  mapped_ = (text.size() + page - 1) / page * page;
  void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Best effort: a low RLIMIT_MEMLOCK or an old kernel must not stop the host.
  (void)mlock(memory, mapped_);
  (void)madvise(memory, mapped_, MADV_DONTDUMP);
  (void)madvise(memory, mapped_, MADV_WIPEONFORK);
  data_ = static_cast<char*>(memory);
  size_ = text.size();
  std::memcpy(data_, text.data(), size_);
}

SecretPages::~SecretPages() {
  if (data_ == nullptr) return;
  explicit_bzero(data_, mapped_);
  munmap(data_, mapped_);
}

}  // namespace anthropic_metrics::host
