// SPDX-License-Identifier: Apache-2.0
// Memory that runs out when told to: the n-th request of this thread fails, of C++ or of SQLite.
#pragma once

#include <cstdint>

namespace anthropic_metrics::test {

class LeanMemory {
 public:
  enum class Of { program, sqlite };

  /// SQLite's memory can be replaced only while no database is open.
  LeanMemory();
  ~LeanMemory();
  LeanMemory(const LeanMemory&) = delete;
  LeanMemory& operator=(const LeanMemory&) = delete;

  /// From now on requests are counted; the n-th and `more` after it are refused. 0: none.
  void fail(Of of, std::int64_t nth, std::int64_t more);
  void heal();
  bool fired() const;
  std::int64_t count(Of of) const;

  /// While it lives, nothing is counted or refused: for the test's own doings.
  class Plenty {
   public:
    Plenty() { ++depth; }
    ~Plenty() { --depth; }
    Plenty(const Plenty&) = delete;
    Plenty& operator=(const Plenty&) = delete;
    static inline thread_local int depth = 0;
  };
};

}  // namespace anthropic_metrics::test
