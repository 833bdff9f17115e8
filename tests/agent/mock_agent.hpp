// SPDX-License-Identifier: Apache-2.0
// The folders of an Elastic Agent as each kind of installation has them, with files that stand for
// its programs.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>

#include "placement/component_files.hpp"
#include "placement/spec_file.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::host::test {

namespace fs = std::filesystem;

inline const std::string old_version = "elastic-agent-9.6.0-07adab";
inline const std::string new_version = "elastic-agent-9.6.1-1fe2c3";

// A version as it is when its package is unpacked.
inline fs::path add_version(const fs::path& top, const std::string& name) {
  const fs::path version = top / "data" / name;
  write(version / "elastic-agent", "#!/bin/sh\n");
  write(version / "components" / "filestream", "a program\n");
  write(version / "components" / "filestream.spec.yml",
        "version: 2\ninputs:\n  - name: filestream\n    platforms: [linux/amd64, linux/arm64]\n");
  return version;
}

// The link that says which version starts.
inline void turn_link(const fs::path& link, const fs::path& version) {
  fs::create_directories(link.parent_path());
  fs::remove(link);
  fs::create_symlink(version / "elastic-agent", link);
}

inline ComponentFiles ours(const std::string& version = AM_VERSION) {
  auto files = ComponentFiles::open(AM_HOST_BINARY, AM_PLUGIN, version);
  REQUIRE(files);
  return std::move(*files);
}

}  // namespace anthropic_metrics::host::test
