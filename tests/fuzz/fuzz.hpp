// SPDX-License-Identifier: Apache-2.0
// What fuzz targets share. A target is one function; libFuzzer calls it with what it invents, and
// standalone.cpp with the files of the corpus, whatever the compiler.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace anthropic_metrics::fuzz {

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What must hold for every input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Takes numbers and texts off the front of an input; zeros and nothing once it is used up.
class Source {
 public:
  explicit Source(std::string_view input) : left_(input) {}

  bool empty() const { return left_.empty(); }
  unsigned number() {
    if (left_.empty()) return 0;
    const auto value = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  /// Up to the next line break, without it.
  std::string_view line() {
    const auto end = std::min(left_.find('\n'), left_.size());
    const std::string_view out = left_.substr(0, end);
    left_.remove_prefix(std::min(end + 1, left_.size()));
    return out;
  }
  std::string_view rest() { return std::exchange(left_, {}); }

 private:
  std::string_view left_;
};

}  // namespace anthropic_metrics::fuzz
