// SPDX-License-Identifier: Apache-2.0
// A process that may open hardly any files: whatever it cannot do then, it says and tries again;
// no document is lost or made twice by it.
//
// A sanitizer cannot open what it needs either, and ends the process at once, with code 1: to the
// host that is a kill, after which a batch that was written may be written again under its ids.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iterator>
#include <sstream>

#include "organization.hpp"

namespace anthropic_metrics::test {
namespace {

/// Ids of what was billed or used, in the order of the files; snapshots differ from run to run.
std::vector<std::string> ids(const ScratchFolder& folder) {
  std::vector<std::string> found;
  for (const char* stream : {"usage", "cost"}) {
    std::istringstream lines(contents(
        folder / ("out/metrics-anthropic_metrics." + std::string(stream) + "-default.ndjson")));
    for (std::string line; std::getline(lines, line);)
      found.emplace_back(boost::json::parse(line).at_pointer("/event/id").as_string().c_str());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("descriptors that run out at any place cost a round and never a document") {
  const World world;
  write_policy(world.folder, world);
  const ScratchFolder plenty;
  write_policy(plenty, world);
  REQUIRE(once(plenty).code == 0);

  bool refused = false, enough = false, killed = false;
  for (int most = 4; most <= 40; ++most) {
    Process process(world.folder, "run", {"--once", "--timeout", "1"}, AM_PLUGIN, most);
    const int code = process.wait();
    CAPTURE(most, code, contents(world.folder / "log.txt"));
    // 127: not even the libraries could be opened. Everything else is one of the host's own codes,
    // and none of them says that the policy or the credential is wrong, which a supervisor would
    // believe.
    for (const int never : {77, 78}) CHECK(code != never);
    CHECK(code < 128);
    (code == 0 ? enough : refused) = true;
    killed = killed || code == 1;
  }
  CHECK(refused);
  CHECK(enough);
  REQUIRE(once(world.folder).code == 0);

  auto all = ids(world.folder);
  CHECK((!killed || AM_SANITIZED != 0));
  if (killed) all.erase(std::unique(all.begin(), all.end()), all.end());
  CHECK(all == ids(plenty));
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

}  // namespace anthropic_metrics::test
