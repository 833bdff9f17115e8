// SPDX-License-Identifier: Apache-2.0
// SQLite with our rules: one writer, every commit on disk before it returns, failures as values.
// Knows files and statements, not what is stored.
//
// Statements may call am_seal(...), a checksum over any values: SQLite has none over what it
// stores, so a flipped bit of a value would pass for the value.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace anthropic_metrics::ledger {

/// A prepared statement, bound and stepped. Not copied; reset by its next use.
class Statement {
 public:
  Statement() = default;
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  /// The bytes are borrowed until the statement ran.
  Statement& bind_blob(int index, std::string_view bytes);

  bool prepared() const noexcept { return handle_ != nullptr; }
  /// Ends a reading before its last row; bound values stay.
  void reset() noexcept;

  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  ///< Valid until the next step.
  std::string_view blob(int column) const;  ///< Valid until the next step.

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Database {
 public:
  /// directory: created with mode 0700 if missing; holds the database (0600) and the lock. Empty:
  /// in memory. Errc::busy if another instance holds it, Errc::state otherwise; the message names
  /// the file and the remedy.
  static Result<Database> open(const std::string& directory);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  bool durable() const noexcept { return !path_.empty(); }
  /// True if the directory held a database of ours before, so that an empty one is a loss.
  bool marked() const noexcept { return marked_; }
  /// Remembers in the lock file that there is one now.
  Result<void> mark();
  const std::string& path() const noexcept { return path_; }

  Result<void> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The statement in `slot`, prepared at its first use.
  Result<Statement*> cached(Statement& slot, std::string_view sql);
  /// True: a row is there. False: done.
  Result<bool> step(Statement& statement);
  /// Runs a statement that returns no rows, then makes it ready for new values.
  Result<void> run(Statement& statement);
  std::int64_t last_insert_id() const noexcept;

  /// Runs body between BEGIN IMMEDIATE and COMMIT; rolls back if it or the commit fails.
  Result<void> transaction(const std::function<Result<void>()>& body);

 private:
  Database() = default;
  Error failure(std::string_view doing) const;

  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::string path_;  ///< Of the database file; empty in memory.
  int lock_ = -1;     ///< Descriptor of the lock file.
  bool marked_ = false;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace anthropic_metrics::ledger
