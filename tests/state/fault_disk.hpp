// SPDX-License-Identifier: Apache-2.0
// A disk under SQLite that fails when told to: the n-th operation of a kind, once or from then on.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace anthropic_metrics::test {

/// SQLite's default file system while it lives, with faults. One at a time; not thread-safe.
class FaultDisk {
 public:
  enum class Op { open, read, write, sync, truncate, remove };
  static constexpr std::array<Op, 6> all_ops{Op::open, Op::read,     Op::write,
                                             Op::sync, Op::truncate, Op::remove};
  static const char* name(Op op);

  struct Plan {
    Op op = Op::write;
    std::int64_t nth = 1;
    bool for_ever = false;  ///< Every later operation of that kind fails too.
    bool torn = false;      ///< A failing write leaves half of its bytes.
    int code = 0;           ///< SQLITE_FULL, SQLITE_IOERR_WRITE, ...
  };

  FaultDisk();
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  /// Counts from now on.
  void fail(const Plan& plan);
  /// Space returns.
  void heal();

  bool fired() const;
  /// Operations of that kind since the last fail() or the beginning.
  std::int64_t count(Op op) const;
};

}  // namespace anthropic_metrics::test
