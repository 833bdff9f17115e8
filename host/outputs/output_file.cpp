// SPDX-License-Identifier: Apache-2.0
#include "outputs/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "outputs/file_failure.hpp"

namespace anthropic_metrics::host {
namespace {

// Writes everything although writev may stop half-way or at IOV_MAX parts.
Result<void> write_all(int fd, const std::vector<std::string_view>& parts,
                       const std::string& name) {
  constexpr std::size_t most_parts = 512;
  std::vector<iovec> rest;
  rest.reserve(parts.size());
  for (const std::string_view part : parts) {
    if (!part.empty()) rest.push_back({const_cast<char*>(part.data()), part.size()});
  }
  std::size_t first = 0;
  while (first < rest.size()) {
    const int count = static_cast<int>(std::min(rest.size() - first, most_parts));
    const ssize_t result = ::writev(fd, &rest[first], count);
    if (result < 0 && errno == EINTR) continue;
    if (result < 0) return errno_failure("cannot write " + name);
    auto written = static_cast<std::size_t>(result);
    while (written > 0 && first < rest.size()) {
      const std::size_t step = std::min(written, rest[first].iov_len);
      rest[first].iov_base = static_cast<char*>(rest[first].iov_base) + step;
      rest[first].iov_len -= step;
      written -= step;
      if (rest[first].iov_len == 0) ++first;
    }
  }
  return {};
}

// Length up to and with the last newline.
Result<std::uint64_t> whole_lines(int fd, std::uint64_t size, const std::string& name) {
  std::array<char, 64 * 1024> block;
  while (size > 0) {
    const std::uint64_t start = size > block.size() ? size - block.size() : 0;
    const ssize_t got = ::pread(fd, block.data(), static_cast<std::size_t>(size - start),
                                static_cast<off_t>(start));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_failure("cannot read " + name);
    if (got == 0) return std::uint64_t{0};
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    const std::size_t newline = text.rfind('\n');
    if (newline != std::string_view::npos) return start + newline + 1;
    size = start;
  }
  return std::uint64_t{0};
}

// Whom a file belongs to that this process makes beside the path: not itself where a network's file
// system maps users.
uid_t owner_of_new_files(const std::filesystem::path& path) {
  const std::filesystem::path probe =
      path.parent_path() / fmt::format(".{}.{}.probe", path.filename().string(), ::getpid());
  const FileDescriptor file(
      ::open(probe.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info {};
  const bool known = file.is_open() && ::fstat(file.get(), &info) == 0;
  if (file.is_open()) ::unlink(probe.c_str());
  return known ? info.st_uid : ::geteuid();
}

constexpr const char* remove_it = "remove or rename it, or name another 'path' or 'filename'";

Result<void> refuse_foreign(const struct stat& info, const std::filesystem::path& path) {
  if (!S_ISREG(info.st_mode))
    return file_failure(path.string() + " is not a regular file", remove_it);
  if (info.st_uid == ::geteuid() || info.st_uid == owner_of_new_files(path)) return {};
  return file_failure(fmt::format("{} belongs to user {}, not to user {} of this process",
                                  path.string(), info.st_uid, ::geteuid()),
                      remove_it);
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path path, std::uint32_t permissions)
    : path_(std::move(path)), permissions_(permissions) {}

Result<void> OutputFile::open() {
  const std::string name = path_.string();
  // Not blocking: what stands there may be a pipe.
  FileDescriptor file(::open(path_.c_str(),
                             O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                             permissions_));
  if (!file.is_open() && errno == ELOOP)
    return file_failure(name + " is a symbolic link", remove_it);
  if (!file.is_open()) return errno_failure("cannot open " + name);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return errno_failure("cannot inspect " + name);
  if (auto ours = refuse_foreign(info, path_); !ours) return ours;
  const auto present = static_cast<std::uint64_t>(info.st_size);
  const auto whole = whole_lines(file.get(), present, name);
  if (!whole) return whole.error();
  if (*whole != present && ::ftruncate(file.get(), static_cast<off_t>(*whole)) != 0)
    return errno_failure("cannot repair the last line of " + name);
  // Only now: undo() must never cut a file whose length it does not know.
  file_ = std::move(file);
  device_ = info.st_dev;
  inode_ = info.st_ino;
  size_ = *whole;
  kept_ = *whole;
  new_name_ = true;
  return {};
}

bool OutputFile::unchanged() const noexcept {
  struct stat info {};
  return file_.is_open() && ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
         info.st_ino == inode_ && static_cast<std::uint64_t>(info.st_size) == size_;
}

Result<void> OutputFile::append(const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts) size_ += part.size();
  return write_all(file_.get(), parts, path_.string());
}

Result<void> OutputFile::flush() {
  was_taken_ = false;
  if (!file_.is_open()) return {};
  if (::fdatasync(file_.get()) != 0) return errno_failure("cannot flush " + path_.string());
  if (new_name_) {
    if (auto synced = sync_folder(); !synced) return synced;
  }
  new_name_ = false;
  was_taken_ = !unchanged();
  if (!was_taken_) return {};
  return file_failure(path_.string() + " was moved, cut, extended or removed while it was written",
                      "find out who does it");
}

Result<void> OutputFile::sync_folder() const {
  const std::string name = path_.parent_path().string();
  const FileDescriptor folder(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return errno_failure("cannot open " + name);
  if (::fsync(folder.get()) != 0) return errno_failure("cannot flush " + name);
  return {};
}

void OutputFile::undo() noexcept {
  was_taken_ = false;
  struct stat info {};
  // Never longer than it is: somebody may have cut it meanwhile.
  const bool ours = file_.is_open() && ::fstat(file_.get(), &info) == 0 &&
                    static_cast<std::uint64_t>(info.st_size) >= kept_;
  if (ours && ::ftruncate(file_.get(), static_cast<off_t>(kept_)) == 0) {
    size_ = kept_;
  } else {
    close();
  }
}

}  // namespace anthropic_metrics::host
