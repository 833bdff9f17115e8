// SPDX-License-Identifier: Apache-2.0
#include "ledger/gathered_writes.hpp"

#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace anthropic_metrics::ledger {

int GatheredWrites::Log::write_out() noexcept {
  if (size == 0) return SQLITE_OK;
  return system->xWrite(file, waiting.data(), std::exchange(size, 0), at);
}

void GatheredWrites::Log::let_go() noexcept {
  file->pMethods = system;
  file = nullptr;
}

GatheredWrites::~GatheredWrites() {
  if (!log_ || log_->file == nullptr) return;
  (void)log_->write_out();  // Of what was committed nothing waits.
  log_->let_go();
}

GatheredWrites::Log& GatheredWrites::of(sqlite3_file* file) noexcept {
  static_assert(std::is_standard_layout_v<Log>);
  return *reinterpret_cast<Log*>(const_cast<sqlite3_io_methods*>(file->pMethods));
}

int GatheredWrites::write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  Log& log = of(file);
  const int room = static_cast<int>(log.waiting.size());
  if (log.size > 0 && (at != log.at + log.size || size > room - log.size))
    if (const int code = log.write_out(); code != SQLITE_OK) return code;
  if (size > room) return log.system->xWrite(file, bytes, size, at);
  if (log.size == 0) log.at = at;
  std::memcpy(log.waiting.data() + log.size, bytes, static_cast<std::size_t>(size));
  log.size += size;
  return SQLITE_OK;
}

template <class Call>
int GatheredWrites::behind_writes(sqlite3_file* file, Call call) {
  Log& log = of(file);
  const int code = log.write_out();
  return code == SQLITE_OK ? call(*log.system) : code;
}

int GatheredWrites::read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
  return behind_writes(file, [&](auto& system) { return system.xRead(file, bytes, size, at); });
}

int GatheredWrites::truncate(sqlite3_file* file, sqlite3_int64 size) {
  return behind_writes(file, [&](auto& system) { return system.xTruncate(file, size); });
}

int GatheredWrites::sync(sqlite3_file* file, int flags) {
  return behind_writes(file, [&](auto& system) { return system.xSync(file, flags); });
}

int GatheredWrites::file_size(sqlite3_file* file, sqlite3_int64* size) {
  return behind_writes(file, [&](auto& system) { return system.xFileSize(file, size); });
}

int GatheredWrites::close(sqlite3_file* file) {
  Log& log = of(file);
  const int code = log.write_out();
  const sqlite3_io_methods* const system = log.system;
  log.let_go();
  const int closed = system->xClose(file);
  return code == SQLITE_OK ? closed : code;
}

void GatheredWrites::begin(sqlite3* connection) noexcept {
  if (log_) return;
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                           static_cast<void*>(&file)) != SQLITE_OK ||
      file == nullptr || file->pMethods == nullptr)
    return;
  log_.reset(new (std::nothrow) Log);
  if (!log_) return;  // Each page with a call of its own then.
  log_->system = file->pMethods;
  log_->file = file;
  log_->functions = *file->pMethods;
  // Without memory that is shared or mapped: neither is used for the log.
  log_->functions.iVersion = 1;
  log_->functions.xClose = close;
  log_->functions.xRead = read;
  log_->functions.xWrite = write;
  log_->functions.xTruncate = truncate;
  log_->functions.xSync = sync;
  log_->functions.xFileSize = file_size;
  file->pMethods = &log_->functions;
}

}  // namespace anthropic_metrics::ledger
