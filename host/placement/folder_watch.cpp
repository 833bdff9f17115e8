// SPDX-License-Identifier: Apache-2.0
#include "placement/folder_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace anthropic_metrics::host {

FolderWatch::FolderWatch()
    : notices_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void FolderWatch::add(const std::filesystem::path& folder) {
  constexpr std::uint32_t what = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (notices_.is_open() && ::inotify_add_watch(notices_.get(), folder.c_str(), what) < 0)
    lacks_ = lacks_ || (errno != ENOENT && errno != ENOTDIR);
}

void FolderWatch::wait(std::chrono::milliseconds longest) {
  std::array<pollfd, 2> watched{{{stop_.get(), POLLIN, 0}, {notices_.get(), POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), static_cast<int>(longest.count())) <= 0) return;
  // Which one it was does not matter: everything is looked at anew, which is a few calls.
  std::array<char, 4096> notices;
  while (notices_.is_open() && ::read(notices_.get(), notices.data(), notices.size()) > 0) {
  }
}

void FolderWatch::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
}

}  // namespace anthropic_metrics::host
