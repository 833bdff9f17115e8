// SPDX-License-Identifier: Apache-2.0
#include "outputs/path_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "outputs/file_failure.hpp"

namespace anthropic_metrics::host {

PathLock::PathLock(const std::filesystem::path& guarded)
    : guarded_(guarded),
      path_(guarded.parent_path() / ("." + guarded.filename().string() + ".lock")) {}

bool PathLock::held() const {
  struct stat named {};
  struct stat opened {};
  return file_.is_open() && ::lstat(path_.c_str(), &named) == 0 &&
         ::fstat(file_.get(), &opened) == 0 && named.st_dev == opened.st_dev &&
         named.st_ino == opened.st_ino;
}

Result<void> PathLock::hold() {
  // More than one round only if somebody removes the file between opening and locking.
  for (int round = 0; round < 10 && !held(); ++round) {
    file_.reset();
    FileDescriptor fresh(
        ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!fresh.is_open()) return errno_failure("cannot open " + path_.string());
    if (::flock(fresh.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return errno_failure("cannot lock " + path_.string());
      return file_failure("another process writes " + guarded_.string(),
                          "stop it, or give one of the two another 'path' or 'filename'");
    }
    file_ = std::move(fresh);
  }
  if (held()) return {};
  return file_failure(path_.string() + " vanishes as soon as it is made",
                      "find out who removes it");
}

}  // namespace anthropic_metrics::host
