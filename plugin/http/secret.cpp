// SPDX-License-Identifier: Apache-2.0
#include "http/secret.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <new>

namespace anthropic_metrics::http {

Secret::Secret(std::string_view octets) {
  if (octets.empty()) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t length = (octets.size() + page - 1) / page * page;
  void* memory =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Best effort all three: a low RLIMIT_MEMLOCK or an old kernel must not stop the plugin.
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
  OPENSSL_cleanse(data_, mapped_);
  ::munmap(data_, mapped_);
  forget();
}

bool Secret::same_as(const Secret& other) const noexcept {
  return size_ == other.size_ && (size_ == 0 || CRYPTO_memcmp(data_, other.data_, size_) == 0);
}

[[gnu::noinline]] void wipe_stack_below() noexcept {
  std::array<char, 64 * 1024> used;
  OPENSSL_cleanse(used.data(), used.size());
}

void wipe(char* data, std::size_t size) noexcept {
  if (size != 0) OPENSSL_cleanse(data, size);
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace anthropic_metrics::http
