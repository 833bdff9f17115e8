// SPDX-License-Identifier: Apache-2.0
// A folder of components that this process alone changes: files appear in it whole and with the
// folder's owner, under names that are never followed as links.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

class ComponentFolder {
 public:
  // Opens and locks it; waits some seconds for another process of ours. The lock ends with this.
  static Result<ComponentFolder> open(const std::filesystem::path& folder,
                                      const std::atomic<bool>* stop = nullptr);

  // Whether a file of this name has this content, and a mode that an Agent accepts.
  bool holds(const char* name, int content, bool program) const;
  bool holds(const char* name, std::string_view content) const;
  bool has(const char* name) const;

  // By a file of another name beside it, which is gone afterwards in any case.
  Result<void> put(const char* name, int content, unsigned mode);
  Result<void> put(const char* name, std::string_view content, unsigned mode);
  // True if it was there.
  Result<bool> remove(const char* name);
  // What was put and removed outlives a loss of power.
  Result<void> sync();

 private:
  ComponentFolder() = default;
  template <class Write>
  Result<void> put_with(const char* name, unsigned mode, Write write);
  Failure failure(const char* what, const char* name) const;

  std::filesystem::path path_;
  FileDescriptor folder_;
  unsigned owner_ = 0;
  unsigned group_ = 0;
  const std::atomic<bool>* stop_ = nullptr;
};

// Whether a mode lets the Agent run a program: it refuses what group or others may write.
bool may_run(unsigned mode);

}  // namespace anthropic_metrics::host
