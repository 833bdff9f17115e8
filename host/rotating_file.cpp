// SPDX-License-Identifier: Apache-2.0
#include "rotating_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace anthropic_metrics::host {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Closes what is not released.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Writes everything although writev may stop half-way or at IOV_MAX parts.
void write_all(int fd, const std::vector<std::string_view>& parts, const std::string& name) {
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
    if (result < 0) fail("cannot write " + name);
    auto written = static_cast<std::size_t>(result);
    while (written > 0 && first < rest.size()) {
      const std::size_t step = std::min(written, rest[first].iov_len);
      rest[first].iov_base = static_cast<char*>(rest[first].iov_base) + step;
      rest[first].iov_len -= step;
      written -= step;
      if (rest[first].iov_len == 0) ++first;
    }
  }
}

// Length up to and with the last newline.
std::uint64_t whole_lines(int fd, std::uint64_t size, const std::string& name) {
  std::array<char, 64 * 1024> block;
  while (size > 0) {
    const std::uint64_t start = size > block.size() ? size - block.size() : 0;
    const ssize_t got = ::pread(fd, block.data(), static_cast<std::size_t>(size - start),
                                static_cast<off_t>(start));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read " + name);
    if (got == 0) return 0;
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    const std::size_t newline = text.rfind('\n');
    if (newline != std::string_view::npos) return start + newline + 1;
    size = start;
  }
  return 0;
}

}  // namespace

RotatingFile::RotatingFile(std::filesystem::path path, RotationRule rule)
    : path_(std::move(path)), rule_(rule) {}

RotatingFile::~RotatingFile() {
  close();
}

void RotatingFile::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RotatingFile::open() {
  const std::string name = path_.string();
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (error) throw std::system_error(error, "cannot create " + path_.parent_path().string());
  Descriptor file(::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                         rule_.permissions));
  if (file.get() < 0) fail("cannot open " + name);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) fail("another process writes " + name);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail("cannot inspect " + name);
  const auto present = static_cast<std::uint64_t>(info.st_size);
  const std::uint64_t whole = whole_lines(file.get(), present, name);
  if (whole != present && ::ftruncate(file.get(), static_cast<off_t>(whole)) != 0) {
    fail("cannot repair the last line of " + name);
  }
  // Only now: undo() must never cut a file whose length it does not know.
  fd_ = file.release();
  size_ = whole;
  kept_ = whole;
  new_name_ = true;
}

std::filesystem::path RotatingFile::numbered(std::uint32_t number) const {
  return number == 0 ? path_ : std::filesystem::path(fmt::format("{}.{}", path_.string(), number));
}

void RotatingFile::rotate() {
  close();
  for (std::uint32_t number = rule_.files - 1; number > 0; --number) {
    // The rename onto the highest number removes the oldest file.
    if (::rename(numbered(number - 1).c_str(), numbered(number).c_str()) != 0 && errno != ENOENT) {
      fail("cannot rotate " + path_.string());
    }
  }
  open();
}

void RotatingFile::append(const std::vector<std::string_view>& parts) {
  std::uint64_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  if (fd_ < 0) open();
  // A file with uncommitted bytes stays: otherwise undo() would look for them in the wrong file.
  if (size_ > 0 && size_ == kept_ && size_ + bytes > rule_.most_bytes) rotate();
  size_ += bytes;
  write_all(fd_, parts, path_.string());
}

void RotatingFile::flush() {
  if (fd_ < 0) return;
  if (::fdatasync(fd_) != 0) fail("cannot flush " + path_.string());
  if (new_name_) sync_folder();
  new_name_ = false;
}

void RotatingFile::sync_folder() const {
  const std::string name = path_.parent_path().string();
  const Descriptor folder(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) fail("cannot open " + name);
  if (::fsync(folder.get()) != 0) fail("cannot flush " + name);
}

void RotatingFile::undo() noexcept {
  if (fd_ >= 0 && ::ftruncate(fd_, static_cast<off_t>(kept_)) == 0) {
    size_ = kept_;
  } else {
    close();
  }
}

}  // namespace anthropic_metrics::host
