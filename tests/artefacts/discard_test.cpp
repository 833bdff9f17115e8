// SPDX-License-Identifier: Apache-2.0
// A test's folder is searched before it goes.
#include <catch2/catch_test_macros.hpp>

#include "canary.hpp"
#include "own_folder.hpp"

namespace anthropic_metrics::test {
namespace {

namespace fs = std::filesystem;

/// AM_ARTEFACTS for the length of a test.
struct Kept {
  OwnFolder folder{"kept"};
  std::string before = std::getenv("AM_ARTEFACTS") == nullptr ? "" : std::getenv("AM_ARTEFACTS");
  Kept() { ::setenv("AM_ARTEFACTS", folder.path().c_str(), 1); }
  ~Kept() {
    fs::remove(leak());  // Planted here, and found.
    fs::remove(folder.path() / "leaks");
    if (before.empty()) {
      ::unsetenv("AM_ARTEFACTS");
    } else {
      ::setenv("AM_ARTEFACTS", before.c_str(), 1);
    }
  }
  fs::path leak() const { return folder.path() / "leaks" / "thing-log.txt"; }
};

fs::path folder_with(const Kept& kept, const std::string& text) {
  const fs::path folder = kept.folder.path() / "thing";
  fs::create_directory(folder);
  std::ofstream(folder / "log.txt") << text;
  return folder;
}

/// It goes after all that tests made on the way.
const OwnFolder last{"last"};

}  // namespace

TEST_CASE("a file with the key survives its folder, in whatever form the key stands") {
  for (const std::string& form : canary_forms()) {
    const Kept kept;
    const fs::path folder = folder_with(kept, "before " + form + " after");
    discard(folder);
    CHECK_FALSE(fs::exists(folder));
    CHECK(fs::exists(kept.leak()));
  }
}

TEST_CASE("a file without the key goes, and so does one that a test wrote with it") {
  const Kept kept;
  discard(folder_with(kept, "sk-ant-admin01-[redacted]"));
  CHECK_FALSE(fs::exists(kept.leak()));
  const fs::path folder = folder_with(kept, std::string(canary));
  Inputs::add(folder / "log.txt");
  discard(folder);
  CHECK_FALSE(fs::exists(kept.leak()));
}

TEST_CASE("a folder that goes at the very end is searched as any other") {
  // An input that is not known any more would be found as a leak; AddressSanitizer sees the rest.
  std::ofstream(last / "key") << canary;
  REQUIRE(holds_canary(canary));
  Inputs::add(last / "key");
  CHECK(Inputs::has(last / "key"));
}

}  // namespace anthropic_metrics::test
