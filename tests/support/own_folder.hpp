// SPDX-License-Identifier: Apache-2.0
// A folder of its own for a test. It is searched for the key and goes when the test is over.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "canary.hpp"

namespace anthropic_metrics::test {

class OwnFolder {
 public:
  explicit OwnFolder(const std::string& purpose,
                     const std::filesystem::path& below = std::filesystem::temp_directory_path()) {
    std::string name = (below / ("am-" + purpose + "-XXXXXX")).string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no folder for a test below " + below.string());
    path_ = name;
  }
  ~OwnFolder() { discard(path_); }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace anthropic_metrics::test
