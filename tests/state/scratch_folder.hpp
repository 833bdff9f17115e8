// SPDX-License-Identifier: Apache-2.0
// A folder of its own for each test, searched and removed afterwards.
#pragma once

#include "own_folder.hpp"

namespace anthropic_metrics::test {

class ScratchFolder : public OwnFolder {
 public:
  explicit ScratchFolder(
      const std::filesystem::path& below = std::filesystem::temp_directory_path())
      : OwnFolder("state", below) {}
};

}  // namespace anthropic_metrics::test
