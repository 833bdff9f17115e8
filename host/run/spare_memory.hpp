// SPDX-License-Identifier: Apache-2.0
// Memory that the process holds and does not need now.
#pragma once

#include <chrono>
#include <optional>

namespace anthropic_metrics::host {

// Of the program: what reading the policy needed is not what starting a plugin needs, whose
// libraries stay as they are then: to fetch those again would be a tenth of the start.
enum class Code { of_program, of_everything };

// Gives back pages of code and constants that work touched and does not need at once again: after a
// part of the start.
void give_back_code(Code code);

// Gives back all that is spare, freed memory too: where all work is done, before the end, which
// needs code of its own.
void give_back_everything();

// Work touches code that it needs once or once an hour (reading the policy, the system's
// certificates, a handshake), and leaves freed memory that the allocator keeps; the kernel counts
// each page of both as this process's for good. Gives back what nothing uses: what is needed after
// all comes back from the file's cache when it runs. Where the operating system does not want this
// nothing changes.
class SpareMemory {
 public:
  // To be called whenever something happened; quiet: all work is done for now, so that freed memory
  // goes back too. It does what is worth it at most a few times a second. Nothing: it has nothing
  // left to do until something happens; otherwise it wants to be called again after that time.
  std::optional<std::chrono::milliseconds> give_back(bool quiet);

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace anthropic_metrics::host
