// SPDX-License-Identifier: Apache-2.0
#include "ledger/personal_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/file_descriptor.hpp"
#include "base/write_signals.hpp"

namespace anthropic_metrics::ledger {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t file_size = 2 * key_size + 1;  // With a line's end.

Error fault(std::string_view doing, const std::string& path, int code) {
  return {Errc::state, fmt::format("cannot {} the key of personal hashes {}: {}; check state.path, "
                                   "or set personal_data to none",
                                   doing, path, std::strerror(code))};
}

Result<std::string> new_key() {
  std::string key(key_size, '\0');
  for (std::size_t got = 0; got < key.size();) {
    const ssize_t more = ::getrandom(key.data() + got, key.size() - got, 0);
    if (more > 0) got += static_cast<std::size_t>(more);
    if (more < 0 && errno != EINTR) return fault("make", "", errno);
  }
  return key;
}

Result<std::string> parse(std::string_view text, const std::string& path) {
  std::string key;
  for (std::size_t at = 0; text.size() == file_size && at < 2 * key_size; at += 2) {
    unsigned octet = 0;
    const char* const end = text.data() + at + 2;
    if (const auto read = std::from_chars(text.data() + at, end, octet, 16);
        read.ec != std::errc() || read.ptr != end)
      break;
    key += static_cast<char>(octet);
  }
  if (key.size() == key_size && text.back() == '\n') return key;
  return Error{Errc::state,
               fmt::format("{} is no key of personal hashes: put back the one that was "
                           "there; without it, remove the file, and every person has "
                           "another hash from then on",
                           path)};
}

/// Complete or not at all, also after a loss of power.
Result<void> write_new(const std::string& directory, const std::string& path,
                       const std::string& key) {
  const std::string beside = path + ".new";
  (void)::unlink(beside.c_str());
  const FileDescriptor file(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return fault("make", beside, errno);
  std::string text;
  for (const char c : key) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  text += '\n';
  const WriteSignals quiet;
  const ssize_t put = ::write(file.get(), text.data(), text.size());
  if (put != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0)
    return fault("write", beside, put < 0 ? errno : ENOSPC);
  if (::rename(beside.c_str(), path.c_str()) != 0) return fault("write", path, errno);
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return fault("keep", path, errno);
  return success();
}

}  // namespace

Result<std::string> personal_key(const std::string& directory) {
  if (directory.empty()) return new_key();
  const std::string path = directory + "/" + personal_key_file;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno != ENOENT) return fault("open", path, errno);
    auto made = new_key();
    if (!made) return made;
    if (auto written = write_new(directory, path, *made); !written) return written.error();
    return made;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fault("read", path, errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return fault("trust", path, EPERM);
  if ((status.st_mode & 077) != 0 && ::fchmod(file.get(), 0600) != 0)
    return fault("close to other users", path, errno);
  char text[file_size + 1];
  const ssize_t got = ::read(file.get(), text, sizeof text);
  if (got < 0) return fault("read", path, errno);
  return parse({text, static_cast<std::size_t>(got)}, path);
}

}  // namespace anthropic_metrics::ledger
