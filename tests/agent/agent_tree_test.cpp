// SPDX-License-Identifier: Apache-2.0
#include "placement/agent_tree.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "mock_agent.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using Catch::Matchers::ContainsSubstring;

namespace {

fs::path real(const fs::path& path) {
  return fs::canonical(path);
}

std::string refusal(const Result<AgentTree>& tree) {
  REQUIRE_FALSE(tree);
  REQUIRE(tree.error().lines.size() == 1);
  return tree.error().lines.front();
}

}  // namespace

TEST_CASE("an Agent installed from a tar archive is found, and its current version") {
  const Scratch root;
  const fs::path top = root / "opt/Elastic/Agent";
  add_version(top, old_version);
  turn_link(top / "elastic-agent", add_version(top, new_version));
  write(top / "data/downloads/x", "");
  const auto tree = find_agent({}, root.folder());
  REQUIRE(tree);
  CHECK(tree->top == real(top));
  REQUIRE(tree->versions.size() == 2);
  CHECK(tree->versions[0].name() == old_version);
  CHECK_FALSE(tree->versions[0].current);
  CHECK(tree->versions[1].current);
  CHECK(tree->program == real(top) / "elastic-agent");
}

TEST_CASE("an Agent of a distribution's package is found, and asked through its wrapper") {
  const Scratch root;
  const fs::path top = root / "var/lib/elastic-agent";
  turn_link(root / "usr/share/elastic-agent/bin/elastic-agent", add_version(top, old_version));
  add_version(top, new_version);
  auto tree = find_agent({}, root.folder());
  REQUIRE(tree);
  CHECK(tree->top == real(top));
  CHECK(tree->versions.at(0).current);
  CHECK(tree->program == real(root.folder()) / "usr/share/elastic-agent/bin/elastic-agent");
  write(root / "usr/bin/elastic-agent", "#!/bin/sh\n");
  tree = find_agent({}, root.folder());
  REQUIRE(tree);
  CHECK(tree->program == real(root.folder()) / "usr/bin/elastic-agent");
}

TEST_CASE("the Agent of an image is found") {
  const Scratch root;
  const fs::path top = root / "usr/share/elastic-agent";
  turn_link(top / "elastic-agent", add_version(top, "elastic-agent-07adab"));
  const auto tree = find_agent({}, root.folder());
  REQUIRE(tree);
  CHECK(tree->top == real(top));
  CHECK(tree->versions.at(0).current);
}

TEST_CASE("an only version is the current one, whatever leads to it") {
  const Scratch root;
  const fs::path top = root / "opt/Elastic/Agent";
  const fs::path version = add_version(top, old_version);
  const auto tree = find_agent({}, root.folder());
  REQUIRE(tree);
  CHECK(tree->versions.at(0).current);
  CHECK(tree->program == real(version) / "elastic-agent");
}

TEST_CASE("of several Agents one has to be named") {
  const Scratch root;
  add_version(root / "opt/Elastic/Agent", old_version);
  add_version(root / "opt/Elastic/Agent-Development", new_version);
  const auto tree = find_agent({}, root.folder());
  CHECK_THAT(refusal(tree), ContainsSubstring("several Elastic Agents are here: ") &&
                                ContainsSubstring("Agent-Development; say which with --agent DIR"));
  CHECK(tree.error().code == ExitCode::usage);
  const auto named = find_agent(root / "opt/Elastic/Agent-Development");
  REQUIRE(named);
  CHECK(named->versions.at(0).name() == new_version);
}

TEST_CASE("one Agent behind two usual places is one") {
  const Scratch root;
  add_version(root / "opt/Elastic/Agent", old_version);
  fs::create_directories(root / "usr/share");
  fs::create_directory_symlink(root / "opt/Elastic/Agent", root / "usr/share/elastic-agent");
  REQUIRE(find_agent({}, root.folder()));
}

TEST_CASE("where no Agent is, it is said where one was looked for") {
  const Scratch root;
  fs::create_directories(root / "usr/share/elastic-agent/bin");
  const auto tree = find_agent({}, root.folder());
  CHECK_THAT(refusal(tree),
             ContainsSubstring("opt/Elastic/Agent, ") &&
                 ContainsSubstring("var/lib/elastic-agent, ") &&
                 ContainsSubstring("usr/share/elastic-agent; install the Agent first, or say"));
  CHECK(tree.error().code == ExitCode::not_running);
}

TEST_CASE("an Agent is named by any of its folders, also through a link") {
  const Scratch root;
  const fs::path top = root / "srv/agent";
  const fs::path version = add_version(top, old_version);
  add_version(top, new_version);
  fs::create_directory_symlink(top, root / "link");
  for (const fs::path& named :
       {top, top / "data", version, version / "components", root / "link"}) {
    INFO(named);
    const auto tree = find_agent(named);
    REQUIRE(tree);
    CHECK(tree->top == real(top));
    CHECK(tree->data == real(top) / "data");
    CHECK(tree->versions.size() == 2);
  }
}

TEST_CASE("a lone version is an Agent without others beside it") {
  const Scratch root;
  write(root / "image/components/filestream.spec.yml", "version: 2\n");
  for (const char* named : {"image", "image/components"}) {
    const auto tree = find_agent(root / named);
    REQUIRE(tree);
    REQUIRE(tree->versions.size() == 1);
    CHECK(tree->versions[0].components() == real(root / "image/components"));
    CHECK(tree->data.empty());
    CHECK(tree->program.empty());
  }
}

TEST_CASE("a folder that is no Agent's is refused by name") {
  const Scratch root;
  fs::create_directories(root / "empty");
  CHECK_THAT(refusal(find_agent(root / "empty")),
             ContainsSubstring("empty is not the folder of an Elastic Agent: there is no "
                               "data/elastic-agent-*/components below it; name one such as"));
  CHECK_THAT(refusal(find_agent(root / "absent")),
             ContainsSubstring("absent cannot be read: No such file or directory; check the path"));
}
