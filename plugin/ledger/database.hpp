// SPDX-License-Identifier: Apache-2.0
// SQLite with our rules: one writer, every commit on disk before it returns, failures as values.
// Knows files and statements, not what is stored.
//
// Statements may call am_seal(...), a checksum over any values: SQLite has none over what it
// stores, so a flipped bit of a value would pass for the value.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "ledger/state_directory.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace anthropic_metrics::ledger {

class GatheredWrites;

/// A prepared statement, bound and stepped. Not copied. A value that could not be bound fails the
/// step; one that could not be read for want of memory throws std::bad_alloc.
class Statement {
 public:
  Statement() = default;
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  /// The bytes are borrowed until the statement ran.
  Statement& bind_blob(int index, std::string_view bytes);

  bool prepared() const noexcept { return handle_ != nullptr; }
  /// Ends a reading before its last row, and forgets the bound values.
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
  Statement& keep(int code) noexcept;
  const void* read(const void* bytes) const;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int refused_ = 0;  ///< Code of the first value that could not be bound.
};

/// A statement lent for one use: reset when the use ends, however it ends. One that stayed in the
/// middle of a row would refuse new values and answer with old ones.
class Use {
 public:
  explicit Use(Statement& statement) noexcept : statement_(&statement) {}
  Use(Use&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Use& operator=(Use&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  ~Use() {
    if (statement_ != nullptr) statement_->reset();
  }
  Statement* operator->() const noexcept { return statement_; }
  Statement& operator*() const noexcept { return *statement_; }

 private:
  Statement* statement_;
};

class Database {
 public:
  using Fill = std::function<Result<void>(Database&)>;
  /// directory: as StateDirectory; holds the database (0600) and the lock. Empty: in memory.
  /// fill: what a new database in a directory holds from its first moment on: it has its name only
  /// when all of that is on disk, so that no end amid it leaves a part, and waits for the disk
  /// once. Errc::busy if another instance holds it, Errc::state otherwise; the message names the
  /// file and the remedy.
  static Result<Database> open(const std::string& directory, const Fill& fill = {});

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  bool durable() const noexcept { return directory_.has_value(); }
  /// Of the database file; empty in memory.
  const std::string& path() const noexcept { return path_; }
  /// Where it is; nothing in memory.
  std::optional<StateDirectory>& directory() noexcept { return directory_; }
  /// True if nobody touched the file since an instance left it in order: what that one had checked
  /// needs no second look now.
  bool as_left() const noexcept { return directory_ && directory_->as_left(); }
  /// Something in it is not as it was written: it is looked through at the next start.
  void distrust() const noexcept { sound_ = false; }
  bool sound() const noexcept { return sound_; }
  /// Success in memory, and while the files are those that were opened.
  Result<void> check();

  Result<void> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The statement in `slot`, prepared at its first use, for one use.
  Result<Use> cached(Statement& slot, std::string_view sql);
  /// True: a row is there. False: done.
  Result<bool> step(Statement& statement);
  /// Runs a statement that returns no rows, then makes it ready for new values.
  Result<void> run(Statement& statement);
  std::int64_t last_insert_id() const noexcept;

  /// Runs body between BEGIN IMMEDIATE and COMMIT, if the files are still ours; rolls back if it or
  /// the commit fails, or if it throws. If memory is refused to the rolling back too, that comes
  /// before anything else: nobody reads what was not committed.
  Result<void> transaction(const std::function<Result<void>()>& body);

  /// Within a transaction that changes what documents are known: SQLite counts changes of its first
  /// page only, and an older copy of the file is known by that count. Writes that page.
  Result<void> mark_changed();

  /// For a moment without work: the log goes into the database now, rather than amid a commit that
  /// somebody waits for, if it is worth the writing; memory that only saves reading is given back.
  void rest() noexcept;

 private:
  class Writing;
  Database();
  /// pragmas: before those that every database has.
  static Result<Database> connect(std::string path, std::initializer_list<const char*> pragmas);
  /// With its mode, since SQLite would use the umask. The -wal file copies this mode.
  static Result<void> make_file(const std::string& path);
  static Result<void> make_whole(const StateDirectory& directory, const Fill& fill);
  Error failure(std::string_view doing) const;
  /// Outside of a transaction's body: ends one that could not be rolled back.
  Result<void> roll_back();

  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  /// Called by SQLite after each commit.
  static int committed(void* log_pages, sqlite3* handle, const char* name, int pages);
  std::optional<StateDirectory> directory_;  ///< Let go of after the handle.
  std::string path_;
  std::unique_ptr<int> log_pages_;  ///< In the log, not yet in the database.
  mutable bool sound_ = true;
  std::unique_ptr<GatheredWrites> gathered_;  ///< Of the log. Null in memory.
  std::unique_ptr<sqlite3, Close> handle_;
  Statement begin_, commit_, read_version_;
  bool in_body_ = false;  ///< Of a transaction.
};

}  // namespace anthropic_metrics::ledger
