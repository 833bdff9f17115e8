// SPDX-License-Identifier: Apache-2.0
#include "placement/successor.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

#include "placement/placement.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::chrono::milliseconds first_retry{100};
constexpr std::chrono::milliseconds shortest{100};

bool equal(const timespec& a, const timespec& b) {
  return std::tie(a.tv_sec, a.tv_nsec) == std::tie(b.tv_sec, b.tv_nsec);
}

}  // namespace

Successor::Successor(std::filesystem::path folder, bool appeared, Time now)
    : version_{std::move(folder)}, changed_(now), appeared_(appeared) {
  if (!appeared_) look(now);  // what stands in it now is not new
}

bool Successor::Trace::operator==(const Trace& other) const {
  return inode == other.inode && equal(changed, other.changed) &&
         equal(version_changed, other.version_changed);
}

Successor::Trace Successor::trace() const {
  Trace trace;
  struct stat info {};
  if (::stat(version_.folder.c_str(), &info) == 0) trace.version_changed = info.st_mtim;
  if (::stat(version_.components().c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    trace.inode = info.st_ino;
    trace.changed = info.st_mtim;
  }
  return trace;
}

Successor::Need Successor::look(Time now) {
  const Trace seen = trace();
  if (!(seen == last_)) {
    changed_ = now;
    retry_ = std::chrono::milliseconds(0);
  }
  last_ = seen;
  pending_ = false;
  if (seen.inode == 0) {
    held_.reset();
    known_ = 0;
    appeared_ = true;  // whatever comes in its place is new
    return Need::nothing;
  }
  if (seen.inode != known_) {
    known_ = seen.inode;
    fresh_ = std::exchange(appeared_, true);
    held_.reset(::open(version_.components().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  if (look_into(version_.components()).complete()) {
    fresh_ = false;
    return Need::nothing;
  }
  pending_ = true;
  if (retry_.count() > 0) return now >= retry_at_ ? Need::place : Need::wait;
  if (fresh_) return Need::place;
  std::error_code error;
  const bool whole = std::filesystem::exists(version_.folder / "elastic-agent", error);
  pending_ = whole;
  if (!whole) return Need::nothing;
  return now - changed_ >= quiet ? Need::place : Need::wait;
}

void Successor::placed() {
  pending_ = false;
  fresh_ = false;
  retry_ = std::chrono::milliseconds(0);
}

void Successor::refused(Time now) {
  retry_ = std::clamp(retry_ * 2, first_retry, longest);
  retry_at_ = now + retry_;
}

std::chrono::milliseconds Successor::patience(Time now) const {
  if (now - changed_ < young || (pending_ && retry_.count() == 0)) return shortest;
  if (!pending_) return longest;
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(retry_at_ - now),
                    shortest, longest);
}

}  // namespace anthropic_metrics::host
