// SPDX-License-Identifier: Apache-2.0
#include "run/startup_pages.hpp"

#include <sys/mman.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace anthropic_metrics::host {
namespace {

struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

// Of a line of /proc/self/maps that is code of a file, "7f..-7f.. r-xp 00026000 fe:00 123 /lib/x";
// empty for any other: data that was relocated is private to the process and would be lost.
Mapping code_of(std::string_view line) {
  Mapping mapping;
  const char* const last = line.data() + line.size();
  const auto begin = std::from_chars(line.data(), last, mapping.begin, 16);
  if (begin.ec != std::errc() || begin.ptr == last || *begin.ptr != '-') return {};
  const auto end = std::from_chars(begin.ptr + 1, last, mapping.end, 16);
  if (end.ec != std::errc()) return {};
  const std::string_view rest(end.ptr, static_cast<std::size_t>(last - end.ptr));
  const bool code = rest.starts_with(" r-xp ") && rest.find(" /") != std::string_view::npos;
  return code ? mapping : Mapping{};
}

}  // namespace

void StartupPages::give_back_once(bool started) {
  if (!started || std::exchange(given_, true)) return;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const Mapping code = code_of(line);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells addresses as text
    if (code.end > code.begin)
      ::madvise(reinterpret_cast<void*>(code.begin), code.end - code.begin, MADV_DONTNEED);
  }
}

}  // namespace anthropic_metrics::host
