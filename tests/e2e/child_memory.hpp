// SPDX-License-Identifier: Apache-2.0
// Searches the memory of a child process for the canary key.
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "canary.hpp"

namespace anthropic_metrics::test {

struct Copies {
  bool readable = false;              ///< False if the system does not let a parent look.
  std::size_t kept_out_of_dumps = 0;  ///< On pages that no core dump has: those of secrets.
  std::size_t elsewhere = 0;
  std::string where;  ///< Of those elsewhere: mappings, a line each.
  std::size_t octets = 0;
};

namespace detail {

/// Two parts of the key: memory that was given back loses its first octets, and perhaps its last.
/// Neither part stands in an alphabet of a base-36 or base-64 encoder.
inline constexpr std::array<std::string_view, 2> parts{canary_core.substr(2, 17),
                                                       canary_core.substr(4, 34)};

/// Pieces of what follows the canary in a key: an end that lies about alone holds one whole.
inline std::vector<std::string_view> parts_of(std::string_view tail) {
  constexpr std::size_t piece = 10;
  std::vector<std::string_view> all(parts.begin(), parts.end());
  for (std::size_t at = 0; at + piece <= tail.size(); at += piece / 2)
    all.push_back(tail.substr(at, piece));
  return all;
}

inline std::size_t count(std::string_view text, std::string_view tail) {
  std::size_t most = 0;
  for (const std::string_view part : parts_of(tail)) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + 1))
      ++found;
    most = std::max(most, found);
  }
  return most;
}

/// Where the system put the environment that the process was started with.
inline std::pair<std::uint64_t, std::uint64_t> environment_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream words(text.substr(text.rfind(')') + 1));
  std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
  if (fields.size() < 49) return {0, 0};
  return {std::stoull(fields[47]),
          std::stoull(fields[48])};  // Fields 50 and 51; the third came first.
}

}  // namespace detail

/// Everything the process may write, but for the environment it was given: that is the user's.
/// tail: what the key has behind the canary, at random.
inline Copies copies_in(pid_t pid, std::string_view tail) {
  const std::string folder = "/proc/" + std::to_string(pid);
  Copies copies;
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) return copies;
  const auto [first, last] = detail::environment_of(pid);
  std::ifstream maps(folder + "/smaps");
  std::string line, mapping, permissions;
  std::uint64_t begin = 0, end = 0;
  while (std::getline(maps, line)) {
    if (line.rfind("VmFlags:", 0) != 0) {
      std::istringstream words(line);
      std::string range, flags;
      words >> range >> flags;
      const auto dash = range.find('-');
      if (dash == std::string::npos || range.back() == ':') continue;
      begin = std::stoull(range.substr(0, dash), nullptr, 16);
      end = std::stoull(range.substr(dash + 1), nullptr, 16);
      permissions = flags;
      mapping = line;
      continue;
    }
    if (permissions.rfind("rw", 0) != 0) continue;
    std::string text(end - begin, '\0');
    const ssize_t n = ::pread(memory, text.data(), text.size(), static_cast<off_t>(begin));
    if (n <= 0) continue;
    text.resize(static_cast<std::size_t>(n));
    copies.readable = true;
    copies.octets += text.size();
    const std::uint64_t from = std::clamp(first, begin, begin + text.size());
    const std::uint64_t to = std::clamp(last, from, begin + text.size());
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(from - begin),
              text.begin() + static_cast<std::ptrdiff_t>(to - begin), '\0');
    const std::size_t found = detail::count(text, tail);
    const bool undumped = line.find(" dd") != std::string::npos;
    (undumped ? copies.kept_out_of_dumps : copies.elsewhere) += found;
    if (found > 0 && !undumped) copies.where += std::to_string(found) + " in " + mapping + "\n";
  }
  ::close(memory);
  return copies;
}

}  // namespace anthropic_metrics::test
