// SPDX-License-Identifier: Apache-2.0
#include "run/spare_memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

namespace anthropic_metrics::host {
namespace {

using namespace std::chrono_literals;

// To give back and to fetch what is needed again takes some milliseconds.
constexpr std::chrono::milliseconds pause_at_start = 30ms;
constexpr auto start = 200ms;  // the first connection, the first answers
constexpr auto pause_at_work = 250ms;
constexpr auto pause_in_quiet = 1s;

// Code and constants of an object that is loaded. What the loader or the program wrote to (also
// what is read-only since) is in other segments: that would be lost.
int give_back_file_pages(dl_phdr_info* object, std::size_t, void* code) {
  const std::string_view name = object->dlpi_name;
  if (*static_cast<const Code*>(code) == Code::of_program && !name.empty()) return 0;
  if (!name.empty() && name.find('/') == std::string_view::npos) return 0;  // the kernel's own
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_code(Code code) {
  ::dl_iterate_phdr(give_back_file_pages, &code);
}

void give_back_everything() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  give_back_code(Code::of_everything);
}

std::optional<std::chrono::milliseconds> SpareMemory::give_back(bool quiet) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
  const bool starting = !quiet && now < began_ + start;
  next_ = now + (quiet      ? std::chrono::milliseconds(pause_in_quiet)
                 : starting ? pause_at_start
                            : pause_at_work);
  if (quiet)
    give_back_everything();
  else
    give_back_code(Code::of_everything);
  return starting ? std::optional(pause_at_start) : std::nullopt;
}

}  // namespace anthropic_metrics::host
