// SPDX-License-Identifier: Apache-2.0
// Searches this process's own memory for octets that are never written down: the caller holds them
// masked, and so does the search.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace anthropic_metrics::test {

/// A key that exists only while somebody reveals it.
class MaskedKey {
 public:
  explicit MaskedKey(std::string_view prefix) {
    std::random_device random;
    for (std::size_t i = 0; i < prefix.size() + 40; ++i) {
      const char plain =
          i < prefix.size() ? prefix[i] : static_cast<char>('a' + static_cast<char>(random() % 26));
      mask_.push_back(static_cast<char>(random() | 0x80u));  // Masked octets are no key's octets.
      masked_.push_back(static_cast<char>(plain ^ mask_.back()));
    }
    begin_ = prefix.size();
  }
  /// Appends the key; the caller wipes what it is appended to, and reserved room before.
  void reveal(std::string& out) const {
    for (std::size_t i = 0; i < mask_.size(); ++i)
      out.push_back(static_cast<char>(masked_[i] ^ mask_[i]));
  }
  std::size_t size() const { return mask_.size(); }

  /// How many pieces of the key's random part stand in `data`, its beginning, its end or what is
  /// between: whatever is longer than two pieces has one whole.
  std::size_t count_in(const char* data, std::size_t size) const {
    constexpr std::size_t piece = 10;
    std::size_t found = 0;
    for (std::size_t part = begin_; part + piece <= mask_.size(); part += piece) {
      const char first = static_cast<char>(masked_[part] ^ mask_[part]);
      for (std::size_t at = 0; at + piece <= size; ++at) {
        if (data[at] != first) continue;
        std::size_t n = 1;
        while (n < piece && (data[at + n] ^ mask_[part + n]) == masked_[part + n]) ++n;
        found += n == piece ? 1 : 0;
      }
    }
    return found;
  }

 private:
  std::vector<char> mask_, masked_;
  std::size_t begin_ = 0;
};

struct Found {
  std::size_t kept_out_of_dumps = 0;  ///< On pages that no core dump has: the secret type's.
  std::size_t elsewhere = 0;
  std::string where;
  std::size_t octets = 0;  ///< Searched.
};

/// Everything this process may write: heap, stacks, data, anonymous mappings.
inline Found search_memory(const MaskedKey& key) {
  Found found;
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  std::ifstream maps("/proc/self/smaps");
  std::string line, mapping, permissions;
  std::uint64_t begin = 0, end = 0;
  std::vector<char> buffer(1 << 16);
  while (std::getline(maps, line)) {
    if (line.rfind("VmFlags:", 0) != 0) {
      std::istringstream words(line);
      std::string range;
      words >> range >> permissions;
      const auto dash = range.find('-');
      if (dash == std::string::npos || range.back() == ':') continue;
      begin = std::stoull(range.substr(0, dash), nullptr, 16);
      end = std::stoull(range.substr(dash + 1), nullptr, 16);
      mapping = line;
      continue;
    }
    if (mapping.find(" rw") == std::string::npos) continue;
    const bool undumped = line.find(" dd") != std::string::npos;
    // Pieces overlap, so that a key across their border is seen.
    constexpr std::uint64_t overlap = 64;
    for (std::uint64_t at = begin; at < end;) {
      const auto size = std::min<std::uint64_t>(buffer.size(), end - at);
      const ssize_t n = ::pread(memory, buffer.data(), size, static_cast<off_t>(at));
      if (n <= 0) break;
      found.octets += static_cast<std::size_t>(n);
      const std::size_t hits = key.count_in(buffer.data(), static_cast<std::size_t>(n));
      (undumped ? found.kept_out_of_dumps : found.elsewhere) += hits;
      if (hits > 0 && !undumped) found.where += mapping + "\n";
      std::fill(buffer.begin(), buffer.end(), '\0');
      at += static_cast<std::uint64_t>(n);
      if (at < end) at -= std::min<std::uint64_t>(overlap, static_cast<std::uint64_t>(n) - 1);
    }
  }
  ::close(memory);
  return found;
}

}  // namespace anthropic_metrics::test
