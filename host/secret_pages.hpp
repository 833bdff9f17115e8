// SPDX-License-Identifier: Apache-2.0
// Text that must not lie about: a configuration with a key in it, a secret the log replaces. It has
// pages of its own, locked into memory if the limit allows, left out of core dumps and overwritten
// at the end. Who needs it holds a pointer, so that there is one copy however many need it.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace anthropic_metrics::host {

class SecretPages {
 public:
  // Copies the text; wiping the original is the caller's duty, see WipingFrees.
  explicit SecretPages(std::string_view text);
  ~SecretPages();
  SecretPages(const SecretPages&) = delete;
  SecretPages& operator=(const SecretPages&) = delete;

  std::string_view view() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

using SecretText = std::shared_ptr<const SecretPages>;

inline SecretText secret_text(std::string_view text) {
  return std::make_shared<const SecretPages>(text);
}

}  // namespace anthropic_metrics::host
