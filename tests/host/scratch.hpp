// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each test, removed afterwards, and plain reading and writing of files.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "catch_failure.hpp"
#include "own_folder.hpp"

namespace anthropic_metrics::host::test {

class Scratch {
 public:
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  anthropic_metrics::test::OwnFolder folder_{"host"};
};

inline std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  if (anthropic_metrics::test::holds_canary(text)) anthropic_metrics::test::Inputs::add(file);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

}  // namespace anthropic_metrics::host::test
