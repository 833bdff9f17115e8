// SPDX-License-Identifier: Apache-2.0
#include "ledger/state_path.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace anthropic_metrics::ledger {
namespace {

constexpr int most_links = 40;  // as the kernel

Error refusal(std::string_view doing, const std::string& place, int code) {
  return {Errc::state, fmt::format("cannot {} {}: {}; check state.path and the permissions of its "
                                   "parent",
                                   doing, place, std::strerror(code))};
}

/// In a user namespace root has another number: that of the owner of the root directory.
bool trusted(uid_t owner) {
  struct stat root {};
  return owner == 0 || owner == ::geteuid() || (::stat("/", &root) == 0 && owner == root.st_uid);
}

/// Takes the first name off `rest`.
std::string next_name(std::string& rest) {
  const auto begin = std::min(rest.find_first_not_of('/'), rest.size());
  const auto end = std::min(rest.find('/', begin), rest.size());
  std::string name = rest.substr(begin, end - begin);
  rest.erase(0, end);
  return name;
}

Result<std::string> target_of(const std::string& link) {
  char text[PATH_MAX];
  const auto size = ::readlink(link.c_str(), text, sizeof text);
  if (size < 0) return refusal("read the link", link, errno);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

Result<std::string> resolve_directory(const std::string& path) {
  std::string rest = path;
  if (!path.starts_with('/')) {
    std::error_code ec;
    const auto here = std::filesystem::current_path(ec);
    if (ec) return refusal("find the present directory, from which goes", path, ec.value());
    rest = here.string() + "/" + path;
  }
  std::string done;
  int links = 0;
  for (;;) {
    const std::string name = next_name(rest);
    if (name.empty()) break;
    if (name == ".") continue;
    if (name == "..") {
      done.resize(done.empty() ? 0 : done.rfind('/'));
      continue;
    }
    const std::string place = done + "/" + name;
    const bool last = rest.find_first_not_of('/') == std::string::npos;
    struct stat status {};
    if (::lstat(place.c_str(), &status) != 0) {
      if (errno != ENOENT) return refusal("read", place, errno);
      if (::mkdir(place.c_str(), last ? 0700 : 0777) != 0 && errno != EEXIST)
        return refusal(last ? "create the state directory" : "create", place, errno);
      if (::lstat(place.c_str(), &status) != 0) return refusal("read", place, errno);
    }
    if (!S_ISLNK(status.st_mode)) {
      done = place;
      continue;
    }
    if (!trusted(status.st_uid))
      return Error{Errc::state,
                   fmt::format("state.path {}: {} is a link made by user {}, neither root nor the "
                               "user {} that runs this process; name the directory itself",
                               path, place, status.st_uid, ::geteuid())};
    if (++links > most_links) return refusal("follow the links of", path, ELOOP);
    auto target = target_of(place);
    if (!target) return target.error();
    if (target->starts_with('/')) done.clear();
    rest = *target + "/" + rest;
  }
  return done.empty() ? std::string("/") : done;
}

}  // namespace anthropic_metrics::ledger
