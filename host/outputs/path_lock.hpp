// SPDX-License-Identifier: Apache-2.0
// The right of one process to write a file and its rotated ones: a lock on a hidden file beside it,
// which stays where it is while the others are renamed. NFS carries it to other machines.
#pragma once

#include <filesystem>

#include "base/file_descriptor.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

class PathLock {
 public:
  // guarded: /out/a.ndjson is guarded by /out/.a.ndjson.lock, which stays after the end.
  explicit PathLock(const std::filesystem::path& guarded);

  // Takes the lock, or makes sure that it is still held: whoever removes the folder removes the
  // lock with it.
  Result<void> hold();

 private:
  bool held() const;

  const std::filesystem::path guarded_;
  const std::filesystem::path path_;
  FileDescriptor file_;
};

}  // namespace anthropic_metrics::host
