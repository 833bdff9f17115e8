// SPDX-License-Identifier: Apache-2.0
#include "fault_disk.hpp"

#include <sqlite3.h>

#include <optional>
#include <stdexcept>

namespace anthropic_metrics::test {
namespace {

using Op = FaultDisk::Op;

struct State {
  std::array<std::int64_t, 6> counts{};
  std::optional<FaultDisk::Plan> plan;
  bool fired = false;
};
State state;

sqlite3_vfs* real() {
  return sqlite3_vfs_find("unix");
}

/// The code of the failure, if this operation shall fail.
int verdict(Op op) {
  const auto number = ++state.counts.at(static_cast<std::size_t>(op));
  if (!state.plan || state.plan->op != op) return SQLITE_OK;
  const bool hit = state.plan->for_ever ? number >= state.plan->nth : number == state.plan->nth;
  if (!hit) return SQLITE_OK;
  state.fired = true;
  return state.plan->code;
}

/// Ours, with the real file behind it.
struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* behind(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real();
}

int close(sqlite3_file* file) {
  return behind(file)->pMethods->xClose(behind(file));
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  if (const int code = verdict(Op::read); code != SQLITE_OK) return code;
  return behind(file)->pMethods->xRead(behind(file), to, size, at);
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (const int code = verdict(Op::write); code != SQLITE_OK) {
    if (state.plan->torn) behind(file)->pMethods->xWrite(behind(file), from, size / 2, at);
    return code;
  }
  return behind(file)->pMethods->xWrite(behind(file), from, size, at);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = verdict(Op::truncate); code != SQLITE_OK) return code;
  return behind(file)->pMethods->xTruncate(behind(file), size);
}

int sync(sqlite3_file* file, int flags) {
  if (const int code = verdict(Op::sync); code != SQLITE_OK) return code;
  return behind(file)->pMethods->xSync(behind(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return behind(file)->pMethods->xFileSize(behind(file), size);
}
int lock(sqlite3_file* file, int level) {
  return behind(file)->pMethods->xLock(behind(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return behind(file)->pMethods->xUnlock(behind(file), level);
}
int check_lock(sqlite3_file* file, int* held) {
  return behind(file)->pMethods->xCheckReservedLock(behind(file), held);
}
int control(sqlite3_file* file, int what, void* argument) {
  return behind(file)->pMethods->xFileControl(behind(file), what, argument);
}
int sector_size(sqlite3_file* file) {
  return behind(file)->pMethods->xSectorSize(behind(file));
}
int features(sqlite3_file* file) {
  return behind(file)->pMethods->xDeviceCharacteristics(behind(file));
}

/// Version 1: no shared memory. The ledger must not need any.
const sqlite3_io_methods methods{1,       close,       read,     write,   truncate,
                                 sync,    file_size,   lock,     unlock,  check_lock,
                                 control, sector_size, features, nullptr, nullptr,
                                 nullptr, nullptr,     nullptr,  nullptr};

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (const int code = verdict(Op::open); code != SQLITE_OK) return code;
  const int code = real()->xOpen(real(), name, behind(file), flags, out_flags);
  if (behind(file)->pMethods != nullptr) file->pMethods = &methods;
  return code;
}

int remove(sqlite3_vfs*, const char* name, int sync_directory) {
  if (const int code = verdict(Op::remove); code != SQLITE_OK) return code;
  return real()->xDelete(real(), name, sync_directory);
}

sqlite3_vfs shim;

}  // namespace

const char* FaultDisk::name(Op op) {
  static constexpr std::array<const char*, 6> names{"open", "read",     "write",
                                                    "sync", "truncate", "remove"};
  return names.at(static_cast<std::size_t>(op));
}

FaultDisk::FaultDisk() {
  if (sqlite3_initialize() != SQLITE_OK || real() == nullptr)
    throw std::runtime_error("no SQLite VFS");
  state = {};
  shim = *real();
  shim.zName = "faulty";
  shim.pNext = nullptr;
  shim.szOsFile = static_cast<int>(sizeof(File)) + real()->szOsFile;
  shim.xOpen = open;
  shim.xDelete = remove;
  sqlite3_vfs_register(&shim, 1);
}

FaultDisk::~FaultDisk() {
  sqlite3_vfs_register(real(), 1);
  sqlite3_vfs_unregister(&shim);
}

void FaultDisk::fail(const Plan& plan) {
  state = {};
  state.plan = plan;
}

void FaultDisk::heal() {
  state.plan.reset();
}

bool FaultDisk::fired() const {
  return state.fired;
}

std::int64_t FaultDisk::count(Op op) const {
  return state.counts.at(static_cast<std::size_t>(op));
}

}  // namespace anthropic_metrics::test
