// SPDX-License-Identifier: Apache-2.0
#include "net/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace anthropic_metrics::net {
namespace {

constexpr int most_links = 40;

Error refuse(std::string why) {
  return Error{Errc::configuration, std::move(why)};
}

/// With the remedy that fits: chmod helps only the owner.
std::string with_remedy(std::string why, const FileAccess& file, const std::string& path) {
  if (file.owner == file.self) return fmt::format("{}; run chmod 600 {}", why, path);
  return fmt::format(
      "{}; let root run chmod 640 {} and chgrp it to a group of this user (in a container: mount "
      "the secret read-only, with mode 0440)",
      why, path);
}

Error cannot_open(const std::string& path, bool linked, int reason) {
  const std::string what = linked ? fmt::format("it is a link to {}, which ", path) : "it ";
  if (reason == ENOENT || reason == ENOTDIR)
    return refuse(what + "does not exist; check the path, and that the secret is mounted there");
  struct stat info {};
  if (reason != EACCES || ::stat(path.c_str(), &info) != 0)
    return Error{code_of(reason, Errc::configuration),
                 fmt::format("{}cannot be opened ({}); check that this user may read it", what,
                             std::strerror(reason))};
  return refuse(fmt::format(
      "{}cannot be read by this user (user {}; the file belongs to user {}, group {}, mode "
      "{:04o}); "
      "give it to this user, or to one of its groups with mode 0440 (Kubernetes: "
      "securityContext.fsGroup; Docker: uid, gid and mode of the secret)",
      what, ::geteuid(), info.st_uid, info.st_gid, static_cast<unsigned>(info.st_mode & 07777)));
}

}  // namespace

Judgement judge_access(const FileAccess& file, const std::string& path) {
  const unsigned mode = file.mode & 07777;
  const bool ours = file.owner == file.self || file.owner == 0;
  if (file.read_only) {
    if ((mode & 0007) != 0)
      return {{},
              fmt::format("every user who sees this mount may read it (mode {:04o}); mount it with "
                          "mode 0400, or 0440 for a group (Kubernetes: defaultMode; Docker: mode)",
                          mode)};
    if (!ours)
      return {{}, fmt::format("it belongs to user {}, who may read it as well", file.owner)};
    return {};
  }
  if (!ours)
    return {fmt::format("it belongs to another user ({}), who could change it; it must belong to "
                        "this user ({}) or to root",
                        file.owner, file.self),
            {}};
  if ((mode & 0022) != 0)
    return {with_remedy(fmt::format("others may change it (mode {:04o})", mode), file, path), {}};
  if ((mode & 0007) != 0)
    return {with_remedy(fmt::format("others may read it (mode {:04o})", mode), file, path), {}};
  return {};
}

FileAccess access_of(int descriptor) {
  FileAccess access;
  access.self = ::geteuid();
  struct stat info {};
  if (::fstat(descriptor, &info) == 0) {
    access.mode = info.st_mode & 07777;
    access.owner = info.st_uid;
  }
  struct statvfs mount {};
  access.read_only = ::fstatvfs(descriptor, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
  return access;
}

Result<FileDescriptor> open_key_file(const std::string& path) {
  std::filesystem::path place(path);
  for (int links = 0; links <= most_links; ++links) {
    FileDescriptor file(
        ::open(place.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    const int reason = errno;
    if (file.is_open()) {
      struct stat info {};
      if (::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode)) return file;
      return refuse("it is not a regular file");
    }
    if (reason != ELOOP) return cannot_open(place.string(), links > 0, reason);
    struct stat info {};
    if (::lstat(place.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) continue;  // just replaced
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
      return refuse(fmt::format(
          "it is a link of another user ({}), who could turn it elsewhere; a link must belong to "
          "this user or to root",
          info.st_uid));
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(place, error);
    if (!error) place = place.parent_path() / target;
  }
  return refuse("it is a link that leads in a circle; name the file itself");
}

}  // namespace anthropic_metrics::net
