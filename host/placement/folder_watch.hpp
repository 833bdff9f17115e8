// SPDX-License-Identifier: Apache-2.0
// Says when something appears in or vanishes from folders, and can be woken. Where the system has
// no more watches to give it is only a clock.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host {

class FolderWatch {
 public:
  FolderWatch();

  // Again for a folder that is watched changes nothing; a watch ends with its folder.
  void add(const std::filesystem::path& folder);
  // Whether something that happens ends a wait.
  bool sees() const { return notices_.is_open() && !lacks_; }

  // Until something happens, stop() is called, or time is up.
  void wait(std::chrono::milliseconds longest);
  void stop();

 private:
  FileDescriptor notices_;
  FileDescriptor stop_;
  bool lacks_ = false;  // some folder could not be watched
};

}  // namespace anthropic_metrics::host
