// SPDX-License-Identifier: Apache-2.0
// What makes this program a component: itself, the library, and a spec for both. The two files stay
// open, so that what is placed later is what ran at the beginning, whatever became of their names.
#pragma once

#include <filesystem>
#include <string>

#include "base/file_descriptor.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

class ComponentFiles {
 public:
  // Refused: what cannot be read, is no program or library of this machine's kind, or is built for
  // an architecture that no Elastic Agent has.
  static Result<ComponentFiles> open(const std::filesystem::path& program,
                                     const std::filesystem::path& library, std::string version);

  int program() const { return program_.get(); }
  int library() const { return library_.get(); }
  const std::string& spec() const { return spec_; }
  const std::string& version() const { return version_; }

  // Whether the Agent whose program this is can run ours. A script has no architecture and fits.
  Result<void> fits(const std::filesystem::path& agent_program) const;

 private:
  ComponentFiles() = default;
  FileDescriptor program_;
  FileDescriptor library_;
  std::string spec_;
  std::string version_;
  unsigned machine_ = 0;
};

}  // namespace anthropic_metrics::host
