// SPDX-License-Identifier: Apache-2.0
#include "ledger/personal_key.hpp"

#include <sys/stat.h>

#include <fstream>

#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::contains;
using test::failure;
using test::must;
using test::Scratch;

std::string folder(const Scratch& scratch) {
  return std::filesystem::path(scratch / "key").parent_path().string();
}

std::string file_of(const Scratch& scratch) {
  return scratch / personal_key_file;
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

TEST_CASE("the key of personal hashes is made once, for its owner alone") {
  const Scratch scratch, other;
  const std::string key = must(personal_key(folder(scratch)));
  CHECK(key.size() == 32);
  CHECK(mode_of(file_of(scratch)) == 0600);
  CHECK(must(personal_key(folder(scratch))) == key);
  CHECK(must(personal_key(folder(other))) != key);
}

TEST_CASE("without a state directory each run has a key of its own") {
  const std::string key = must(personal_key(""));
  CHECK(key.size() == 32);
  CHECK(must(personal_key("")) != key);
}

TEST_CASE("a key that others may read is closed to them") {
  const Scratch scratch;
  const std::string key = must(personal_key(folder(scratch)));
  REQUIRE(::chmod(file_of(scratch).c_str(), 0644) == 0);
  CHECK(must(personal_key(folder(scratch))) == key);
  CHECK(mode_of(file_of(scratch)) == 0600);
}

TEST_CASE("what is no key is never replaced by itself") {
  for (const std::string& text : {std::string(), std::string("short\n"), std::string(65, 'x'),
                                  std::string(64, 'a'), std::string(80, 'a') + "\n"}) {
    INFO("'" << text << "'");
    const Scratch scratch;
    std::ofstream(file_of(scratch)) << text;
    const Error error = failure(personal_key(folder(scratch)));
    CHECK(error.code == Errc::state);
    CHECK(contains(error.message, file_of(scratch)));
    CHECK(contains(error.message, "put back the one that was there"));
    std::ifstream again(file_of(scratch));
    CHECK(std::string(std::istreambuf_iterator<char>(again), {}) == text);
  }
}

TEST_CASE("what a crash left beside the key does not stop the next one") {
  const Scratch scratch;
  std::ofstream(file_of(scratch) + ".new") << "half of";
  const std::string key = must(personal_key(folder(scratch)));
  CHECK(must(personal_key(folder(scratch))) == key);
}

TEST_CASE("a link in the key's place is not followed") {
  const Scratch scratch;
  std::filesystem::create_symlink("/dev/zero", file_of(scratch));
  const Error error = failure(personal_key(folder(scratch)));
  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "personal_data to none"));
}

}  // namespace
}  // namespace anthropic_metrics::ledger
