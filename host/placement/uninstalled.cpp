// SPDX-License-Identifier: Apache-2.0
#include "placement/uninstalled.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host {
namespace {

std::filesystem::path file_in(const std::filesystem::path& data) {
  return data / ".anthropic_metrics.uninstalled";
}

}  // namespace

UninstalledMark::UninstalledMark(const std::filesystem::path& data)
    : file_(file_in(data)), former_(seen()) {}

UninstalledMark::Seen UninstalledMark::seen() const {
  struct stat info {};
  if (::lstat(file_.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

bool UninstalledMark::set_since() const {
  const Seen now = seen();
  return now != Seen{} && now != former_;
}

Result<void> UninstalledMark::set(const std::filesystem::path& data) {
  clear(data);
  const std::filesystem::path file = file_in(data);
  const FileDescriptor made(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (made.is_open()) return {};
  return Failure{ExitCode::sink_failed,
                 {fmt::format("cannot write {}: {}; run this with sudo, or as the user of the "
                              "Elastic Agent",
                              file.string(), std::strerror(errno))}};
}

void UninstalledMark::clear(const std::filesystem::path& data) {
  ::unlink(file_in(data).c_str());
}

}  // namespace anthropic_metrics::host
