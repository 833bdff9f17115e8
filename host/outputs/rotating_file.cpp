// SPDX-License-Identifier: Apache-2.0
#include "outputs/rotating_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>

#include "outputs/file_failure.hpp"

namespace anthropic_metrics::host {
namespace {

Result<bool> exists(const std::filesystem::path& path, struct stat& info) {
  if (::lstat(path.c_str(), &info) == 0) return true;
  if (errno != ENOENT) return errno_failure("cannot inspect " + path.string());
  return false;
}

// Without ever replacing a file, where the file system can promise that.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result != 0 && (errno == EINVAL || errno == ENOSYS))
    result = ::rename(from.c_str(), to.c_str());
  if (result != 0 && errno != ENOENT)
    return errno_failure(fmt::format("cannot rename {} to {}", from.string(), to.string()));
  return {};
}

std::uint64_t count_lines(const std::filesystem::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::vector<char> block(256 * 1024);
  std::uint64_t lines = 0;
  while (file.is_open()) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    lines += static_cast<std::uint64_t>(std::count(block.begin(), block.begin() + got, '\n'));
  }
  return lines;
}

// A file of tomorrow is young: a clock that was set back must not cost documents.
std::chrono::seconds age_of(const struct stat& info) {
  return std::chrono::seconds(std::max<std::time_t>(0, std::time(nullptr) - info.st_mtime));
}

std::string to_text(std::chrono::seconds time) {
  constexpr int hour = 3600;
  return time.count() % hour == 0 ? fmt::format("{}h", time.count() / hour)
                                  : fmt::format("{}s", time.count());
}

}  // namespace

RotatingFile::RotatingFile(std::filesystem::path path, RotationRule rule, Deleted deleted)
    : rule_(rule),
      deleted_(std::move(deleted)),
      lock_(path),
      file_(std::move(path), rule.permissions) {}

Result<void> RotatingFile::open() {
  std::error_code error;
  const std::filesystem::path folder = file_.path().parent_path();
  std::filesystem::create_directories(folder, error);
  if (error) {
    errno = error.value();
    return errno_failure("cannot create " + folder.string());
  }
  if (auto held = lock_.hold(); !held) return held;
  return file_.open();
}

std::filesystem::path RotatingFile::numbered(std::uint32_t number) const {
  const std::string path = file_.path().string();
  return number == 0 ? path : fmt::format("{}.{}", path, number);
}

Result<std::uint32_t> RotatingFile::free_number() {
  struct stat info {};
  for (std::uint32_t number = 1; number < rule_.files; ++number) {
    const auto there = exists(numbered(number), info);
    if (!there) return there.error();
    if (!*there) return number;
  }
  const std::uint32_t last = rule_.files - 1;
  const std::filesystem::path oldest = numbered(last);
  if (!S_ISREG(info.st_mode) || age_of(info) < rule_.delete_after) {
    return file_failure(
        fmt::format("{} is full: there are {} files of {} KB, and the oldest was written less than "
                    "delete_after ({}) ago",
                    file_.path().string(), rule_.files, rule_.most_bytes / 1024,
                    to_text(rule_.delete_after)),
        "remove files that were shipped, or raise 'number_of_files' or 'rotate_every_kb'");
  }
  const DeletedFile gone{oldest, count_lines(oldest), age_of(info)};
  if (::unlink(oldest.c_str()) != 0 && errno != ENOENT)
    return errno_failure("cannot remove " + oldest.string());
  if (deleted_) deleted_(gone);
  return last;
}

Result<void> RotatingFile::rotate() {
  // A gap that a crash or a person left takes the files below it; those above stay.
  const auto free = free_number();
  if (!free) return free.error();
  file_.close();
  for (std::uint32_t number = *free; number > 0; --number) {
    if (auto moved = move_file(numbered(number - 1), numbered(number)); !moved) return moved;
  }
  return open();
}

std::uint64_t RotatingFile::most_bytes() const {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return rule_.most_bytes;
  return std::min<std::uint64_t>(rule_.most_bytes, limit.rlim_cur);
}

Result<void> RotatingFile::append(const std::vector<std::string_view>& parts) {
  std::uint64_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  // A file with uncommitted bytes stays: otherwise undo() would look for them in the wrong file. If
  // it was changed, flush() says so.
  if (!file_.has_uncommitted() || !file_.is_open()) {
    if (auto ready = file_.unchanged() ? lock_.hold() : open(); !ready) return ready;
    if (file_.size() > 0 && file_.size() + bytes > most_bytes()) {
      if (auto rotated = rotate(); !rotated) return rotated;
    }
  }
  return file_.append(parts);
}

}  // namespace anthropic_metrics::host
