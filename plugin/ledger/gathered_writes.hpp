// SPDX-License-Identifier: Apache-2.0
// Fewer writes to SQLite's log.
#pragma once

#include <sqlite3.h>

#include <array>
#include <memory>

namespace anthropic_metrics::ledger {

/// A transaction writes some hundred pages to the end of the log, each with two calls of the
/// system, and only then waits for the disk. This puts what follows each other together: one call
/// for each 64 KB. All of it is with the system before SQLite reads from the file, asks for its
/// size, changes that, waits for the disk or closes it; a write that fails fails there. So a commit
/// holds or fails as before, and whoever kills the process finds a transaction that was not
/// committed.
///
/// One for each connection, used by its threads under its mutex. It ends before the connection is
/// closed: SQLite keeps one open for whoever still has a statement.
class GatheredWrites {
 public:
  GatheredWrites() = default;
  ~GatheredWrites();
  GatheredWrites(const GatheredWrites&) = delete;
  GatheredWrites& operator=(const GatheredWrites&) = delete;

  /// From now on, for the connection's log, if that is open: it is once something was read. Asked
  /// again, or without a log, it does nothing.
  void begin(sqlite3* connection) noexcept;

 private:
  /// What stands in the file's table of functions. SQLite hands a function the file only, whose
  /// table is then the beginning of this.
  struct Log {
    sqlite3_io_methods functions{};
    const sqlite3_io_methods* system = nullptr;
    sqlite3_file* file = nullptr;  ///< Null once SQLite closed it.
    sqlite3_int64 at = 0;          ///< Of what waits.
    int size = 0;
    std::array<char, 64 * 1024> waiting;

    int write_out() noexcept;
    void let_go() noexcept;
  };
  static Log& of(sqlite3_file* file) noexcept;
  /// With the system once all that waits is with it.
  template <class Call>
  static int behind_writes(sqlite3_file* file, Call call);
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at);
  static int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at);
  static int truncate(sqlite3_file* file, sqlite3_int64 size);
  static int sync(sqlite3_file* file, int flags);
  static int file_size(sqlite3_file* file, sqlite3_int64* size);
  static int close(sqlite3_file* file);

  std::unique_ptr<Log> log_;
};

}  // namespace anthropic_metrics::ledger
