// SPDX-License-Identifier: Apache-2.0
#include "run/seen_file.hpp"

#include <catch2/catch_test_macros.hpp>

#include "running_binary.hpp"
#include "scratch.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

const std::string id(32, 'a');

std::filesystem::path files(const Scratch& scratch) {
  return scratch.folder();
}

std::string status_of(const std::string& state) {
  return R"({"state":{"durable":true,"seen":")" + state + R"(:7"}})";
}

}  // namespace

TEST_CASE("an output remembers the state and the newest batch that was written") {
  const Scratch scratch;
  {
    SeenFile seen(files(scratch), "acme");
    CHECK(seen.remembered().empty());
    seen.begin(status_of(id));
    seen.written(3);
    seen.written(12);
    seen.written(11);  // A batch that was given back comes later.
  }
  CHECK(SeenFile(files(scratch), "acme").remembered() == id + ":12");
  CHECK(SeenFile(files(scratch), "other").remembered().empty());
  CHECK(std::filesystem::exists(scratch / ".acme.seen"));
}

TEST_CASE("what is remembered goes into the plugin's state settings") {
  const Scratch scratch;
  SeenFile seen(files(scratch), "acme");
  const std::string config = R"({"key":"\"state\":{","state":{"path":"/s"},"z":1})";
  CHECK(seen.add_to(config) == config);
  seen.begin(status_of(id));
  seen.written(5);
  CHECK(seen.add_to(config) ==
        R"({"key":"\"state\":{","state":{"seen":")" + id + R"(:5","path":"/s"},"z":1})");
  CHECK(seen.add_to(R"({"state":{}})") == R"({"state":{"seen":")" + id + R"(:5"}})");
  CHECK(seen.add_to("{}") == "{}");
}

TEST_CASE("a memory that is damaged, removed or replaced is no memory, and is made anew") {
  const Scratch scratch;
  SeenFile seen(files(scratch), "acme");
  seen.begin(status_of(id));
  seen.written(1);
  const auto file = scratch / ".acme.seen";
  for (const char* text :
       {"", "x", "aaaa:12", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:00000000000000000001"}) {
    std::ofstream(file, std::ios::trunc) << text;
    CHECK(seen.remembered().empty());
  }
  std::filesystem::remove(file);
  seen.written(2);
  CHECK(seen.remembered() == id + ":2");
  std::filesystem::remove(file);
  std::filesystem::create_symlink(scratch / "elsewhere", file);
  seen.written(3);
  CHECK(seen.remembered().empty());
  CHECK_FALSE(std::filesystem::exists(scratch / "elsewhere"));
}

TEST_CASE("an output that is no file, or a plugin without a state, remembers nothing") {
  const Scratch scratch;
  const std::filesystem::path none;
  for (const auto& folder : {none, files(scratch)}) {
    SeenFile seen(folder, "acme");
    seen.begin(folder.empty() ? status_of(id) : R"({"state":{}})");
    seen.written(3);
    CHECK(seen.remembered().empty());
  }
  CHECK(std::filesystem::is_empty(scratch.folder()));
}
