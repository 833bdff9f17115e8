// SPDX-License-Identifier: Apache-2.0
// The host proves that the header suffices: it includes nothing of the plugin or the simulator.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <regex>

#include "scratch.hpp"

using namespace anthropic_metrics::host::test;

TEST_CASE("no file of the host includes a file of the plugin or the simulator") {
  const std::filesystem::path source = AM_SOURCE_DIR;
  const std::regex include("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
  int scanned = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "host")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    ++scanned;
    for (const std::string& line : lines(read(entry.path()))) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const std::string name = match[1];
      INFO(entry.path() << " includes " << name);
      CHECK(name.find("plugin/") == std::string::npos);
      CHECK(name.find("simulator/") == std::string::npos);
      // A quoted include is a file of host/ itself.
      if (line.find('"') != std::string::npos)
        CHECK(std::filesystem::exists(source / "host" / name));
    }
  }
  CHECK(scanned > 30);
}

TEST_CASE("the host links no library of the plugin") {
  const std::string build = read(std::filesystem::path(AM_SOURCE_DIR) / "host/CMakeLists.txt");
  for (const char* target :
       {"am_core", "am_http", "am_streams", "am_plugin", "am_ledger", "am_simulator"}) {
    CHECK(build.find(target) == std::string::npos);
  }
}
