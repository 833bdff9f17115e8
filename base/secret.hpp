// SPDX-License-Identifier: Apache-2.0
// Octets that must not leave: a key, or the bytes of a request that carries one. The type cannot be
// copied, printed, compared by accident or turned into a string; it is wiped when it ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace anthropic_metrics {

/// Owns its octets on pages of their own: locked into memory if the limit allows, left out of core
/// dumps, zeroed in forked children, overwritten before they are given back.
class Secret {
 public:
  Secret() noexcept = default;

  /// Copies `octets`. Wiping the original is the caller's duty; take() does both.
  explicit Secret(std::string_view octets);

  /// Copies and wipes `octets`, its unused capacity included.
  static Secret take(std::string&& octets);

  Secret(Secret&& other) noexcept : data_(other.data_), size_(other.size_), mapped_(other.mapped_) {
    other.forget();
  }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// Calls visit(std::string_view) with the octets and returns what it returns. The view must not
  /// outlive the secret; there is no other way to see them.
  template <class Visitor>
  decltype(auto) expose(Visitor&& visit) const {
    return std::forward<Visitor>(visit)(std::string_view(data_, size_));
  }

  /// True if both hold the same octets. Takes the same time wherever they differ.
  bool same_as(const Secret& other) const noexcept;

 private:
  void forget() noexcept {
    data_ = nullptr;
    size_ = mapped_ = 0;
  }
  void release() noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

/// Overwrites a string, its unused capacity included, and leaves it empty.
void wipe(std::string& text) noexcept;

/// Overwrites 64 KiB of the stack below the caller's frame, and the vector registers: what calls
/// before this one left there.
void wipe_stack_below() noexcept;

/// Overwrites octets in a way the compiler cannot drop.
void wipe(char* data, std::size_t size) noexcept;

}  // namespace anthropic_metrics
