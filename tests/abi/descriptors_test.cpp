// SPDX-License-Identifier: Apache-2.0
// A foreign host without standard input, output and error: what it writes there must land nowhere,
// least of all in the plugin's lock, database or connection.
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "canary.hpp"
#include "own_folder.hpp"
#include "simulator/server.hpp"

namespace anthropic_metrics::test {
namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_CASE("a host that closed descriptors 0 to 2 finds nothing of the plugin there, ever") {
  simulator::Options options;
  options.admin_key = canary;
  options.groups = 2;
  simulator::Simulator simulator(options);
  simulator::Server server(simulator, {});
  const OwnFolder folder("descriptors");
  const auto state = folder / "state";
  std::string url = server.url();
  Inputs::add(folder / "config.json");
  std::ofstream(folder / "config.json")
      << R"({"url":")" + url + R"(","admin_api_key":")" + std::string(canary) +
             R"(","ssl":{"certificate_authorities":[")" + server.certificate_authority().string() +
             R"("]},"enable_request_tracer":true,"state":{"path":")" + state.string() + "\"}}";

  const std::string command = std::string(AM_CLOSED_HOST) + " " + AM_PLUGIN_FILE + " " +
                              (folder / "config.json").string() + " " +
                              (folder / "report.txt").string();
  const int code = std::system(command.c_str());
  const std::string report = contents(folder / "report.txt");

  INFO(report);
  CHECK(WEXITSTATUS(code) == 0);
  CHECK(report.find(" documents, heard\n") != std::string::npos);
  CHECK(report.find("descriptor") == std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(state))
    CHECK(contents(entry.path()).find("a line of the host") == std::string::npos);
  CHECK(contents(state / "lock").starts_with("holds state\n"));
}

}  // namespace
}  // namespace anthropic_metrics::test
