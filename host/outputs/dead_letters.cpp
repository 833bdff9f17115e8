// SPDX-License-Identifier: Apache-2.0
#include "outputs/dead_letters.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/file_descriptor.hpp"
#include "base/json_writer.hpp"
#include "base/timestamp.hpp"
#include "outputs/file_failure.hpp"
#include "policy/plugin_config.hpp"
#include "write_all.hpp"

namespace anthropic_metrics::host {
namespace {

std::string line_of(const std::string& output, const DeadLetter& letter,
                    std::chrono::system_clock::time_point now) {
  JsonWriter json;
  json.open('{');
  const auto text = [&](std::string_view key, std::string_view value) {
    json.key(key);
    json.string(value);
  };
  text("@timestamp", timestamp(now));
  text("output", output);
  text("data_stream", letter.data_stream);
  text("id", letter.id);
  json.key("status");
  json.literal(std::to_string(letter.status));
  text("type", letter.type);
  text("reason", letter.reason);
  json.key("document");
  json.literal(letter.document);
  json.close('}');
  return json.text() + "\n";
}

// For one writer at a time; not a file that a resend has renamed meanwhile.
FileDescriptor open_locked(const std::filesystem::path& file, struct stat& info) {
  while (true) {
    FileDescriptor fd(
        ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.is_open() || ::flock(fd.get(), LOCK_EX) != 0 || ::fstat(fd.get(), &info) != 0)
      return FileDescriptor();
    struct stat named {};
    if (::stat(file.c_str(), &named) == 0 && named.st_ino == info.st_ino &&
        named.st_dev == info.st_dev)
      return fd;
  }
}

bool sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.is_open() && ::fsync(fd.get()) == 0;
}

}  // namespace

DeadLetters::DeadLetters(std::string output, std::filesystem::path folder, std::uint64_t limit)
    : output_(std::move(output)),
      file_(folder.empty() ? folder : folder / (file_safe(output_) + ".ndjson")),
      limit_(limit) {}

Result<void> DeadLetters::add(const std::vector<DeadLetter>& letters,
                              std::chrono::system_clock::time_point now) {
  if (letters.empty()) return {};
  const std::string fact =
      fmt::format("the store refuses {} documents for good ({}: {})", letters.size(),
                  letters.front().type, letters.front().reason);
  if (file_.empty())
    return file_failure(fact + ", and there is no folder to keep them in",
                        "name one with dead_letter.path");
  std::string lines;
  for (const DeadLetter& letter : letters) lines += line_of(output_, letter, now);

  std::error_code error;
  const auto folder = file_.parent_path();
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  const std::string place = fmt::format("{}; dead letters: {}", fact, file_.string());
  struct stat before {};
  const FileDescriptor fd = open_locked(file_, before);
  if (!fd.is_open()) return errno_failure(place);
  const auto size = static_cast<std::uint64_t>(before.st_size);
  if (size + lines.size() > limit_)
    return file_failure(fmt::format("{}: {} KiB of them wait, the limit", place, size / 1024),
                        "see why, run resend, or raise dead_letter.max_kb");
  if (!write_all(fd.get(), lines) || ::fdatasync(fd.get()) != 0 ||
      (size == 0 && !sync_folder(folder))) {
    Failure failure = errno_failure(place);
    if (::ftruncate(fd.get(), before.st_size) != 0)
      failure.lines.front() += "; its last line is cut";
    return failure;
  }
  return {};
}

std::uint64_t DeadLetters::lines_of(const std::filesystem::path& file, Seen& seen) {
  struct stat now {};
  if (::stat(file.c_str(), &now) != 0) return 0;
  const Seen here{now.st_ino, static_cast<std::uint64_t>(now.st_size), seen.lines};
  if (here.inode == seen.inode && here.size == seen.size) return seen.lines;
  seen = {here.inode, 0, 0};
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64 * 1024> octets;  // NOLINT: written before it is read
  ssize_t got = 0;
  while (fd.is_open() && (got = ::read(fd.get(), octets.data(), octets.size())) > 0) {
    seen.size += static_cast<std::uint64_t>(got);
    seen.lines +=
        static_cast<std::uint64_t>(std::count(octets.begin(), octets.begin() + got, '\n'));
  }
  return seen.lines;
}

std::uint64_t DeadLetters::count() const {
  if (file_.empty()) return 0;
  const std::lock_guard lock(mutex_);
  return lines_of(file_, seen_) + lines_of(in_work(), seen_in_work_);
}

}  // namespace anthropic_metrics::host
