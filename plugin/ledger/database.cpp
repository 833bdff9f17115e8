// SPDX-License-Identifier: Apache-2.0
#include "ledger/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/write_signals.hpp"
#include "ledger/gathered_writes.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace anthropic_metrics::ledger {
namespace {

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
      if (size > 0 && bytes == nullptr) return sqlite3_result_error_nomem(context);
      if (size > 0) XXH3_64bits_update(&hash, bytes, static_cast<std::size_t>(size));
    }
  }
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(XXH3_64bits_digest(&hash)));
}

/// Pages in the log after which a commit writes it into the database, as SQLite's default: 4 MB,
/// written in some milliseconds.
constexpr int most_log_pages = 1000;
/// With fewer, a moment without work is no reason.
constexpr int worth_writing = 128;

/// SQLite does not say that a write was refused for RLIMIT_FSIZE; the file ends there then.
bool at_file_limit(const std::string& database) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  for (const char* ending : {"", "-wal"}) {
    struct stat status {};
    if (::stat((database + ending).c_str(), &status) == 0 &&
        static_cast<rlim_t>(status.st_size) >= limit.rlim_cur)
      return true;
  }
  return false;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  refused_ = SQLITE_OK;
}

Statement& Statement::keep(int code) noexcept {
  if (refused_ == SQLITE_OK) refused_ = code;
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  return keep(sqlite3_bind_int64(handle_.get(), index, value));
}

Statement& Statement::bind(int index, std::string_view text) {
  return keep(sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8));
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  // A null pointer would bind NULL instead of an empty blob.
  return keep(sqlite3_bind_blob64(handle_.get(), index, bytes.empty() ? "" : bytes.data(),
                                  bytes.size(), SQLITE_STATIC));
}

/// SQLite returns null for want of memory as it does for NULL and for an empty value.
const void* Statement::read(const void* bytes) const {
  if (bytes == nullptr && sqlite3_errcode(sqlite3_db_handle(handle_.get())) == SQLITE_NOMEM)
    throw std::bad_alloc();
  return bytes;
}

bool Statement::null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::text(int column) const {
  const void* text = read(sqlite3_column_text(handle_.get(), column));
  if (text == nullptr) return {};
  return {static_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const void* bytes = read(sqlite3_column_blob(handle_.get(), column));
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

void Database::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

Database::Database() = default;
Database::Database(Database&&) noexcept = default;

Database& Database::operator=(Database&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(path_, other.path_);
  std::swap(log_pages_, other.log_pages_);
  std::swap(sound_, other.sound_);
  std::swap(gathered_, other.gathered_);
  std::swap(handle_, other.handle_);
  std::swap(begin_, other.begin_);
  std::swap(commit_, other.commit_);
  std::swap(read_version_, other.read_version_);
  return *this;
}

Database::~Database() {
  if (!handle_) return;
  const WriteSignals quiet;
  // Closing writes the log into the database and removes it by its name: not where the files of
  // somebody else may be by now.
  bool ours = false;
  try {
    ours = check().has_value();
  } catch (const std::bad_alloc&) {
    // Then the log stays, and is read at the next start.
  }
  if (!ours) sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  begin_ = {};
  commit_ = {};
  read_version_ = {};
  gathered_.reset();
  handle_.reset();
  if (ours && sound_ && directory_) directory_->leave();
}

/// What is written as long as it lives is our own doing. Within a transaction its end tells.
class Database::Writing {
 public:
  explicit Writing(Database& database)
      : database_(sqlite3_get_autocommit(database.handle_.get()) != 0 ? &database : nullptr) {}
  ~Writing() {
    if (database_ != nullptr && database_->directory_) database_->directory_->written();
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  Database* database_;
};

int Database::committed(void* log_pages, sqlite3* handle, const char* name, int pages) {
  int& left = *static_cast<int*>(log_pages);
  left = pages;
  // If it fails the log grows, and the next commit tries again.
  if (pages >= most_log_pages && sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE,
                                                           nullptr, nullptr) == SQLITE_OK)
    left = 0;
  return SQLITE_OK;
}

void Database::rest() noexcept {
  try {
    if (directory_ && *log_pages_ >= worth_writing && check()) {
      const WriteSignals quiet;
      const Writing ours(*this);
      if (sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                    nullptr) == SQLITE_OK)
        *log_pages_ = 0;
    }
  } catch (const std::bad_alloc&) {
    // Another time.
  }
  sqlite3_db_release_memory(handle_.get());
}

Result<Database> Database::open(const std::string& directory, const Fill& fill) {
  const WriteSignals quiet;
  // Every commit waits for the disk.
  const std::initializer_list<const char*> durable{"PRAGMA journal_mode=WAL",
                                                   "PRAGMA synchronous=FULL"};
  if (directory.empty()) return connect(":memory:", durable);
  auto place = StateDirectory::open(directory);
  if (!place) return place.error();
  if (fill && place->awaits_database())
    if (auto made = make_whole(*place, fill); !made) return made.error();
  if (auto made = make_file(place->database()); !made) return made.error();
  auto database = connect(place->database(), durable);
  if (!database) return database.error();
  database->directory_ = std::move(*place);
  database->gathered_ = std::make_unique<GatheredWrites>();
  return database;
}

Result<void> Database::make_whole(const StateDirectory& directory, const Fill& fill) {
  const std::string path = directory.unfinished();
  for (const char* ending : {"", "-wal"})  // Of a start that ended amid this.
    (void)::unlink((path + ending).c_str());
  if (auto made = make_file(path); !made) return made;
  {
    auto database = connect(path, {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF"});
    if (!database) return database.error();
    if (auto filled = fill(*database); !filled) return filled;
    // Noted in the file: to change that later would be four waits.
    if (auto set = database->execute("PRAGMA journal_mode=WAL"); !set) return set;
  }
  return directory.give_name();
}

Result<void> Database::make_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return Error{Errc::state, fmt::format("cannot open {}: {}; check its permissions", path,
                                          std::strerror(errno))};
  ::close(fd);
  return success();
}

Result<Database> Database::connect(std::string path, std::initializer_list<const char*> pragmas) {
  Database database;
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  if (path != ":memory:") database.path_ = std::move(path);
  database.handle_.reset(handle);
  if (opened != SQLITE_OK) return database.failure("open");
  sqlite3_extended_result_codes(handle, 1);
  const auto set = [&](std::initializer_list<const char*> list) -> Result<void> {
    for (const char* pragma : list)
      if (auto done = database.execute(pragma); !done) return done;
    return success();
  };
  // Exclusive: no shared-memory file, and nobody else can write between our transactions.
  if (auto done = set({"PRAGMA locking_mode=EXCLUSIVE"}); !done) return done.error();
  if (auto done = set(pragmas); !done) return done.error();
  // secure_delete: some systems build SQLite so that a batch that was acknowledged is written once
  // more, as zeros; what it held is in the store and no secret.
  if (auto done =
          set({"PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
               "PRAGMA cache_size=-1024", "PRAGMA temp_store=MEMORY", "PRAGMA secure_delete=OFF"});
      !done)
    return done.error();
  if (sqlite3_create_function_v2(handle, "am_seal", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                 seal, nullptr, nullptr, nullptr) != SQLITE_OK)
    return database.failure("prepare");
  database.log_pages_ = std::make_unique<int>(0);
  sqlite3_wal_hook(handle, committed, database.log_pages_.get());
  return database;
}

Result<void> Database::check() {
  return directory_ ? directory_->check() : success();
}

Error Database::failure(std::string_view doing) const {
  const int code = handle_ ? sqlite3_extended_errcode(handle_.get()) : SQLITE_NOMEM;
  const int system = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  std::string what = handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
  const char* remedy = "see docs/operations.md, State directory";
  switch (code & 0xff) {
    case SQLITE_NOMEM:
      remedy = "it is tried again; nothing is lost";
      break;
    case SQLITE_FULL:
      remedy = "free space on the disk; nothing is lost";
      break;
    case SQLITE_IOERR:
      remedy = "check the disk; nothing is lost";
      if (at_file_limit(path_)) {
        what += ", the file is as large as this process may write";
        remedy = "raise the limit of file sizes (ulimit -f); nothing is lost";
      } else if (system != 0) {
        what += fmt::format(", {}", std::strerror(system));
      }
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      remedy = "another program has the file open: end it; nothing is lost";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      distrust();
      remedy =
          "the file is damaged: move its directory away to start anew, as docs/operations.md "
          "says";
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
  const WriteSignals quiet;
  const Writing ours(*this);
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(sql);
  return success();
}

Result<void> Database::roll_back() {
  if (in_body_ || sqlite3_get_autocommit(handle_.get()) != 0) return success();
  return execute("ROLLBACK");
}

Result<Statement> Database::prepare(std::string_view sql) {
  if (auto rolled = roll_back(); !rolled) return rolled.error();
  Statement statement;
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK)
    return failure(sql);
  statement.handle_.reset(handle);
  return statement;
}

Result<Use> Database::cached(Statement& slot, std::string_view sql) {
  if (auto rolled = roll_back(); !rolled) return rolled.error();
  if (!slot.prepared()) {
    auto prepared = prepare(sql);
    if (!prepared) return prepared.error();
    slot = std::move(*prepared);
  }
  return Use(slot);
}

Result<bool> Database::step(Statement& statement) {
  sqlite3_stmt* handle = statement.handle_.get();
  if (statement.refused_ == SQLITE_OK) {
    switch (sqlite3_step(handle)) {
      case SQLITE_ROW:
        return true;
      case SQLITE_DONE:
        sqlite3_reset(handle);
        return false;
      default:
        break;
    }
  }
  const Use ends(statement);
  return failure(sqlite3_sql(handle));
}

Result<void> Database::run(Statement& statement) {
  const WriteSignals quiet;
  const Writing ours(*this);
  auto row = step(statement);
  if (!row) return row.error();
  sqlite3_reset(statement.handle_.get());
  return success();
}

std::int64_t Database::last_insert_id() const noexcept {
  return sqlite3_last_insert_rowid(handle_.get());
}

Result<void> Database::mark_changed() {
  if (!directory_) return success();
  std::int64_t version = 0;
  {
    auto read = cached(read_version_, "PRAGMA user_version");
    if (!read) return read.error();
    auto row = step(**read);
    if (!row) return row.error();
    version = (*read)->integer(0);
  }
  return execute(fmt::format("PRAGMA user_version={}", version).c_str());
}

Result<void> Database::transaction(const std::function<Result<void>()>& body) {
  const WriteSignals quiet;
  if (auto there = check(); !there) return there;
  struct Body {
    Database& database;
    explicit Body(Database& of) : database(of) { database.in_body_ = true; }
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;
    ~Body() {
      database.in_body_ = false;
      sqlite3* const handle = database.handle_.get();
      // It was not committed. If this fails, whoever comes next tries again.
      if (sqlite3_get_autocommit(handle) == 0)
        sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
    }
  };
  if (auto rolled = roll_back(); !rolled) return rolled;
  const Writing ours(*this);  // Ends after the rolling back.
  // Before there is something that would have to be rolled back.
  auto commit = cached(commit_, "COMMIT");
  if (!commit) return commit.error();
  {
    auto begin = cached(begin_, "BEGIN IMMEDIATE");
    if (!begin) return begin.error();
    if (auto begun = run(**begin); !begun) return begun;
  }
  if (gathered_) gathered_->begin(handle_.get());  // The log is open now.
  const Body ends(*this);
  if (auto done = body(); !done) return done;
  return run(**commit);
}

}  // namespace anthropic_metrics::ledger
