// SPDX-License-Identifier: Apache-2.0
// A directory of its own for a test, gone with it.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>

#include "own_folder.hpp"

namespace anthropic_metrics::net::test {

class Scratch {
 public:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string file = path(name);
    {
      std::ofstream out(file, std::ios::binary | std::ios::trunc);
      out << text;
    }
    if (anthropic_metrics::test::holds_canary(text)) anthropic_metrics::test::Inputs::add(file);
    ::chmod(file.c_str(), mode);
    return file;
  }

  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

 private:
  anthropic_metrics::test::OwnFolder folder_{"http"};
};

}  // namespace anthropic_metrics::net::test
