// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each test, removed afterwards.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "own_folder.hpp"

namespace anthropic_metrics::test {

class Scratch {
 public:
  /// A path inside, as the plugin takes it.
  std::string operator/(const std::string& name) const { return (folder_ / name).string(); }

 private:
  OwnFolder folder_{"unit"};
};

inline std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace anthropic_metrics::test
