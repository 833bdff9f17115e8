// SPDX-License-Identifier: Apache-2.0
#include "ledger/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace anthropic_metrics::ledger {
namespace {

constexpr const char* file_name = "ledger.db";
constexpr const char* lock_name = "lock";
constexpr std::string_view mark_text = "holds state\n";

Error file_error(std::string_view doing, const std::string& path, int code,
                 std::string_view remedy) {
  return {Errc::state,
          fmt::format("cannot {} {}: {}; {}", doing, path, std::strerror(code), remedy)};
}

/// Makes the directory with its parents; it must be ours and closed to others.
Result<void> prepare_directory(const std::string& directory) {
  std::error_code ec;
  const std::filesystem::path path(directory);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ec);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return file_error("create the state directory", directory, errno,
                      "check state.path and the permissions of its parent");
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0)
    return file_error("read the state directory", directory, errno, "check state.path");
  if (!S_ISDIR(status.st_mode))
    return Error{Errc::state,
                 fmt::format("state.path {} is not a directory (a link is refused); name "
                             "a directory of its own",
                             directory)};
  if (status.st_uid != ::geteuid())
    return Error{Errc::state,
                 fmt::format("state.path {} belongs to user {}, not to the user {} that "
                             "runs this process; change its owner or name another",
                             directory, status.st_uid, ::geteuid())};
  if ((status.st_mode & 077) != 0 && ::chmod(directory.c_str(), 0700) != 0)
    return file_error("close to other users the state directory", directory, errno,
                      "set its mode to 0700");
  return success();
}

/// The SQL function am_seal: XXH3 over type, size and bytes of every argument.
void seal(sqlite3_context* context, int count, sqlite3_value** values) {
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  for (int i = 0; i < count; ++i) {
    const std::int64_t type = sqlite3_value_type(values[i]);
    XXH3_64bits_update(&hash, &type, sizeof type);
    if (type == SQLITE_INTEGER) {
      const std::int64_t number = sqlite3_value_int64(values[i]);
      XXH3_64bits_update(&hash, &number, sizeof number);
    } else if (type != SQLITE_NULL) {
      const void* bytes = sqlite3_value_blob(values[i]);
      const std::int64_t size = sqlite3_value_bytes(values[i]);
      XXH3_64bits_update(&hash, &size, sizeof size);
      if (size > 0) XXH3_64bits_update(&hash, bytes, static_cast<std::size_t>(size));
    }
  }
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(XXH3_64bits_digest(&hash)));
}

/// Takes the lock for the life of the descriptor; flock belongs to it, so a second instance in this
/// process is refused as well.
Result<int> take_lock(const std::string& directory) {
  const std::string path = directory + "/" + lock_name;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return file_error("open the lock", path, errno, "check its permissions");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Error{Errc::busy,
                 fmt::format("state directory {} is in use by another instance; two must "
                             "never share one: stop the other or set another state.path",
                             directory)};
  }
  return fd;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_.get());
}

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  // A null pointer would bind NULL instead of an empty blob.
  sqlite3_bind_blob64(handle_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

bool Statement::null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::text(int column) const {
  const void* text = sqlite3_column_text(handle_.get(), column);
  if (text == nullptr) return {};
  return {static_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

void Database::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

Database::Database(Database&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      marked_(other.marked_),
      handle_(std::move(other.handle_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(marked_, other.marked_);
  std::swap(handle_, other.handle_);
  return *this;
}

Database::~Database() {
  handle_.reset();
  if (lock_ < 0) return;
  (void)::flock(lock_, LOCK_UN);  // A forked child may have the descriptor still.
  ::close(lock_);
}

Result<Database> Database::open(const std::string& directory) {
  Database database;
  std::string path = ":memory:";
  if (!directory.empty()) {
    if (auto ready = prepare_directory(directory); !ready) return ready.error();
    auto lock = take_lock(directory);
    if (!lock) return lock.error();
    database.lock_ = *lock;
    char text[mark_text.size()];
    const auto got = ::pread(database.lock_, text, sizeof text, 0);
    database.marked_ =
        got > 0 && std::string_view(text, static_cast<std::size_t>(got)) == mark_text;
    database.path_ = path = directory + "/" + file_name;
    // Made here with its mode, since SQLite would use the umask. The -wal file copies this mode.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return file_error("open", path, errno, "check its permissions");
    ::close(fd);
  }
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  database.handle_.reset(handle);
  if (opened != SQLITE_OK) return database.failure("open");
  sqlite3_extended_result_codes(handle, 1);
  // Exclusive: no shared-memory file, and nobody else can write between our transactions.
  // secure_delete: some systems build SQLite so that a batch that was acknowledged is written once
  // more, as zeros; what it held is in the store and no secret.
  for (const char* pragma :
       {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
        "PRAGMA cache_size=-2048", "PRAGMA temp_store=MEMORY", "PRAGMA secure_delete=OFF"})
    if (auto set = database.execute(pragma); !set) return set.error();
  if (sqlite3_create_function_v2(handle, "am_seal", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                 seal, nullptr, nullptr, nullptr) != SQLITE_OK)
    return database.failure("prepare");
  return database;
}

Result<void> Database::mark() {
  if (marked_ || lock_ < 0) return success();
  const auto put = ::pwrite(lock_, mark_text.data(), mark_text.size(), 0);
  if (put != static_cast<ssize_t>(mark_text.size()) || ::fsync(lock_) != 0)
    return file_error("write the lock beside", path_, errno, "check the disk; nothing is lost");
  marked_ = true;
  return success();
}

Error Database::failure(std::string_view doing) const {
  const int code = handle_ ? sqlite3_extended_errcode(handle_.get()) : SQLITE_NOMEM;
  const char* what = handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
  const char* remedy = "see docs/operations.md, State directory";
  switch (code & 0xff) {
    case SQLITE_FULL:
      remedy = "free space on the disk; nothing is lost";
      break;
    case SQLITE_IOERR:
      remedy = "check the disk; nothing is lost";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      remedy = "the file is damaged: restore it from a backup, or move it away and run an audit";
      break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      remedy = "check the permissions of the state directory";
      break;
    default:
      break;
  }
  return {Errc::state, fmt::format("state file {}: cannot {}: {} (SQLite {}); {}",
                                   path_.empty() ? "in memory" : path_, doing, what, code, remedy)};
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(sql);
  return success();
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK)
    return failure(sql);
  statement.handle_.reset(handle);
  return statement;
}

Result<Statement*> Database::cached(Statement& slot, std::string_view sql) {
  if (!slot.prepared()) {
    auto prepared = prepare(sql);
    if (!prepared) return prepared.error();
    slot = std::move(*prepared);
  }
  return &slot;
}

Result<bool> Database::step(Statement& statement) {
  switch (sqlite3_step(statement.handle_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      sqlite3_reset(statement.handle_.get());
      return false;
    default: {
      Error error = failure(sqlite3_sql(statement.handle_.get()));
      sqlite3_reset(statement.handle_.get());
      return error;
    }
  }
}

Result<void> Database::run(Statement& statement) {
  auto row = step(statement);
  if (!row) return row.error();
  sqlite3_reset(statement.handle_.get());
  return success();
}

std::int64_t Database::last_insert_id() const noexcept {
  return sqlite3_last_insert_rowid(handle_.get());
}

Result<void> Database::transaction(const std::function<Result<void>()>& body) {
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = body();
  if (done) done = execute("COMMIT");
  if (!done && sqlite3_get_autocommit(handle_.get()) == 0)
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

}  // namespace anthropic_metrics::ledger
