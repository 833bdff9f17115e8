// SPDX-License-Identifier: Apache-2.0
#include "placement/component_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/write_signals.hpp"
#include "write_all.hpp"

namespace anthropic_metrics::host {
namespace {

namespace fs = std::filesystem;
using Block = std::array<char, 64 * 1024>;

constexpr std::chrono::seconds longest_lock{10};

std::string temporary(const char* name) {
  return fmt::format(".{}.new", name);  // no spec file by its end, so no Agent reads it
}

std::string remedy_for(int reason) {
  switch (reason) {
    case EACCES:
    case EPERM:
      return "run this with sudo, or as the user of the Elastic Agent";
    case EROFS:
      return "in a container derive an image instead (packaging/elastic-agent), elsewhere mount it "
             "writable";
    case ENOSPC:
    case EDQUOT:
      return "free 50 MB there and run this again";
    case EFBIG:
      return "raise the limit of file sizes (ulimit -f) and run this again";
    case ENOENT:
      return "the Agent may be removing this version; run this again";
    default:
      return "check the file system there and run this again";
  }
}

// Reads at an offset up to a whole block; short only at the end. Below 0: errno.
ssize_t read_block(int fd, Block& block, off_t at) {
  std::size_t filled = 0;
  while (filled < block.size()) {
    const ssize_t got =
        ::pread(fd, block.data() + filled, block.size() - filled, at + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return got;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(filled);
}

FileDescriptor open_in(int folder, const char* name) {
  return FileDescriptor(::openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

bool is_stopped(const std::atomic<bool>* stop) {
  return stop != nullptr && stop->load();
}

}  // namespace

bool may_run(unsigned mode) {
  return (mode & S_IXUSR) != 0 && (mode & (S_IWGRP | S_IWOTH)) == 0;
}

Failure ComponentFolder::failure(const char* what, const char* name) const {
  const int reason = errno;
  if (is_stopped(stop_)) return {.passes = true};
  const fs::path place = name == nullptr ? path_ : path_ / name;
  return {.code = ExitCode::sink_failed,
          .lines = {fmt::format("cannot {} {}: {}; {}", what, place.string(), std::strerror(reason),
                                remedy_for(reason))},
          .passes = true};
}

Result<ComponentFolder> ComponentFolder::open(const fs::path& folder,
                                              const std::atomic<bool>* stop) {
  ComponentFolder opened;
  opened.path_ = folder;
  opened.stop_ = stop;
  opened.folder_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!opened.folder_.is_open() || ::fstat(opened.folder_.get(), &info) != 0)
    return opened.failure("open", nullptr);
  opened.owner_ = info.st_uid;
  opened.group_ = info.st_gid;
  const auto end = std::chrono::steady_clock::now() + longest_lock;
  while (::flock(opened.folder_.get(), LOCK_EX | LOCK_NB) != 0) {
    const bool other = errno == EWOULDBLOCK;
    if (errno == EINTR) continue;
    if (!other || is_stopped(stop)) return opened.failure("lock", nullptr);
    if (std::chrono::steady_clock::now() > end) {
      return Failure{.code = ExitCode::sink_failed,
                     .lines = {fmt::format("another process has been changing {} for {} s; see "
                                           "what it is, and run this again",
                                           folder.string(), longest_lock.count())},
                     .passes = true};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return opened;
}

bool ComponentFolder::has(const char* name) const {
  struct stat info {};
  return ::fstatat(folder_.get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

bool ComponentFolder::holds(const char* name, int content, bool program) const {
  const FileDescriptor file = open_in(folder_.get(), name);
  struct stat there {};
  struct stat wanted {};
  if (!file.is_open() || ::fstat(file.get(), &there) != 0 || ::fstat(content, &wanted) != 0)
    return false;
  if (!S_ISREG(there.st_mode) || there.st_size != wanted.st_size) return false;
  if (program && !may_run(there.st_mode)) return false;
  Block left;
  Block right;
  for (off_t at = 0; at < wanted.st_size;) {
    const ssize_t here = read_block(file.get(), left, at);
    if (here <= 0 || here != read_block(content, right, at) ||
        std::memcmp(left.data(), right.data(), static_cast<std::size_t>(here)) != 0)
      return false;
    at += here;
  }
  return true;
}

bool ComponentFolder::holds(const char* name, std::string_view content) const {
  const FileDescriptor file = open_in(folder_.get(), name);
  if (!file.is_open()) return false;
  Block block;
  const ssize_t got = read_block(file.get(), block, 0);
  return got >= 0 && std::string_view(block.data(), static_cast<std::size_t>(got)) == content;
}

template <class Write>
Result<void> ComponentFolder::put_with(const char* name, unsigned mode, Write write) {
  const WriteSignals signals;
  const std::string beside = temporary(name);
  ::unlinkat(folder_.get(), beside.c_str(), 0);  // left by a process that was killed
  const FileDescriptor file(::openat(folder_.get(), beside.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  // As root its owner is the folder's, the Agent's user; anybody else is that user, or tries.
  const bool fine = file.is_open() && write(file.get()) &&
                    (::geteuid() != 0 || ::fchown(file.get(), owner_, group_) == 0) &&
                    ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0 &&
                    ::renameat(folder_.get(), beside.c_str(), folder_.get(), name) == 0;
  if (fine) return {};
  Failure why = failure("write", name);
  ::unlinkat(folder_.get(), beside.c_str(), 0);
  return why;
}

Result<void> ComponentFolder::put(const char* name, int content, unsigned mode) {
  return put_with(name, mode, [&](int file) {
    Block block;
    for (off_t at = 0;;) {
      if (is_stopped(stop_)) return false;
      const ssize_t got = read_block(content, block, at);
      if (got <= 0) return got == 0;
      if (!write_all(file, {block.data(), static_cast<std::size_t>(got)})) return false;
      at += got;
    }
  });
}

Result<void> ComponentFolder::put(const char* name, std::string_view content, unsigned mode) {
  return put_with(name, mode, [&](int file) { return write_all(file, content); });
}

Result<bool> ComponentFolder::remove(const char* name) {
  ::unlinkat(folder_.get(), temporary(name).c_str(), 0);
  if (::unlinkat(folder_.get(), name, 0) == 0) return true;
  if (errno == ENOENT) return false;
  return failure("remove", name);
}

Result<void> ComponentFolder::sync() {
  if (::fsync(folder_.get()) == 0) return {};
  return failure("flush", nullptr);
}

}  // namespace anthropic_metrics::host
