// SPDX-License-Identifier: Apache-2.0
// `export description`: what the package builder reads.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host::test;

namespace {

Finished exported(const Scratch& scratch, const std::string& plugin) {
  return finish(scratch.folder(),
                {"export", "description", "--plugin", std::string(AM_FAKE_PLUGINS) + plugin});
}

}  // namespace

TEST_CASE("export description prints what the plugin says of itself as one JSON object") {
  Scratch scratch;

  const Finished done = exported(scratch, "/libfake_plugin.so");

  REQUIRE(done.code == 0);
  CHECK(lines(done.out).size() == 1);
  const boost::json::value description = boost::json::parse(done.out);
  CHECK(description.at("manifest").at("version") == "9.8.7");
  CHECK(description.at("configuration").is_object());
  REQUIRE(description.at("streams").as_array().size() == 3);
  CHECK(description.at("streams").at(0).at("dataset") == "anthropic_metrics.usage");
}

TEST_CASE("export description of something that is no plugin prints nothing and says why") {
  Scratch scratch;

  const Finished done = exported(scratch, "/libno_plugin.so");

  CHECK(done.code == 76);
  CHECK(done.out.empty());
  CHECK_THAT(done.err, ContainsSubstring("not a plugin"));
}

TEST_CASE("export description says when it could not be written") {
  Scratch scratch;
  RunningBinary binary(
      scratch.folder(),
      {"export", "description", "--plugin", std::string(AM_FAKE_PLUGINS) + "/libfake_plugin.so"},
      {}, "/dev/full");

  CHECK(binary.wait() == 74);
  CHECK_THAT(binary.err(), ContainsSubstring("could not be written"));
}
