// SPDX-License-Identifier: Apache-2.0
// A state that was left in order and that nobody touched since opens without a look at every row;
// whatever happened to it otherwise, every row is looked at.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/database.hpp"
#include "ledger/ledger.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::at;
using test::contains;
using test::failure;
using test::must;
using test::Scratch;
namespace fs = std::filesystem;

constexpr int many = 1200;  // Buckets: more than a moment of rest looks through.
const std::string mark = "a record that nobody can take for another";

void fill(const std::string& path) {
  const auto ledger = must(Ledger::open(path));
  Lane lane;
  lane.stream = "usage";
  lane.bucket_width = "1m";
  must(ledger->add_lane(lane, 0));
  Commit commit;
  commit.lane = lane.id;
  for (int i = 0; i < many; ++i)
    commit.records.push_back({at("2026-09-01T00:00:00Z") + std::chrono::minutes(i),
                              i == many - 1 ? mark : std::string("something else")});
  std::vector<Batch> none;
  must(ledger->commit(commit, none));
}

bool as_left(const std::string& path) {
  return must(StateDirectory::open(path)).as_left();
}

/// Of the file with the rows.
std::string database(const std::string& path) {
  return path + "/ledger.db";
}

/// Flips a bit of the newest record, in place.
void damage(const std::string& path) {
  const std::string bytes = test::read(database(path));
  const auto where = bytes.find(mark);
  REQUIRE(where != std::string::npos);
  const char flipped = static_cast<char>(bytes[where] ^ 1);
  const int file = ::open(database(path).c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(::pwrite(file, &flipped, 1, static_cast<off_t>(where)) == 1);
  ::close(file);
}

/// Damages it so that no time of the file tells, as a disk that rots does.
void rot(const std::string& path) {
  damage(path);
  auto directory = must(StateDirectory::open(path));
  directory.adopt();
  directory.leave();
}

TEST_CASE("a state that was left in order is known, once") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  CHECK(as_left(path));
  CHECK_FALSE(as_left(path));  // Whoever opened it may have written.
  must(Ledger::open(path));
  CHECK(as_left(path));
}

TEST_CASE("a write within the same moment shows, also one that changes nothing") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  const int file = ::open(database(path).c_str(), O_RDWR | O_CLOEXEC);
  char first = 0;
  REQUIRE(::pread(file, &first, 1, 0) == 1);
  REQUIRE(::pwrite(file, &first, 1, 0) == 1);
  ::close(file);
  CHECK_FALSE(as_left(path));
}

TEST_CASE("a copy in its place shows, with whatever times") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  struct stat before {};
  REQUIRE(::stat(database(path).c_str(), &before) == 0);
  fs::copy_file(database(path), path + "/copy");
  const timespec times[] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, (path + "/copy").c_str(), times, 0) == 0);
  fs::rename(path + "/copy", database(path));
  CHECK_FALSE(as_left(path));
}

TEST_CASE("a log beside it is looked through with it") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  test::write(database(path) + "-wal", "");
  CHECK_FALSE(as_left(path));
}

TEST_CASE("a process that was killed leaves nothing in order") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  {
    const auto ledger = must(Ledger::open(path));
    fs::copy(path, scratch / "copy");  // What is there while it runs.
  }
  CHECK_FALSE(as_left(scratch / "copy"));
}

TEST_CASE("damage to a state that was left in order is found when it is opened") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  damage(path);
  CHECK(contains(failure(Ledger::open(path)).message, "damaged"));
}

TEST_CASE("damage that no time tells of is found in quiet moments, and from then on at the start") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  rot(path);
  {
    const auto ledger = must(Ledger::open(path));
    int rests = 0;
    for (; ledger->check(); ++rests) {
      REQUIRE(rests < many);
      ledger->rest();
    }
    CHECK(rests > 1);
    CHECK(contains(failure(ledger->check()).message, "damaged (bucket 2026-09-01T19:59:00Z)"));
  }
  CHECK(contains(failure(Ledger::open(path)).message, "damaged"));
}

TEST_CASE("damage that no time tells of is found when the row is read") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  rot(path);
  {
    const auto ledger = must(Ledger::open(path));
    const Instant newest = at("2026-09-01T00:00:00Z") + std::chrono::minutes(many - 1);
    CHECK(contains(failure(ledger->record(1, newest)).message, "damaged"));
  }
  CHECK(contains(failure(Ledger::open(path)).message, "damaged"));
}

TEST_CASE("a state in which all is sound stays so while it rests") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  fill(path);
  const auto ledger = must(Ledger::open(path));
  for (int i = 0; i < many; ++i) ledger->rest();
  must(ledger->check());
  CHECK(must(ledger->buckets(1, Instant::min(), Instant::max())).size() == many);
}

TEST_CASE("in quiet the log goes into the database") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  must(Ledger::open(path));
  const auto before = fs::file_size(database(path));
  const auto ledger = must(Ledger::open(path));
  Lane lane;
  lane.stream = "usage";
  lane.bucket_width = "1m";
  must(ledger->add_lane(lane, 0));
  Commit commit;
  commit.lane = lane.id;
  commit.records.push_back({at("2026-09-01T00:00:00Z"), std::string((1 << 20) + (1 << 14), 'x')});
  std::vector<Batch> none;
  must(ledger->commit(commit, none));
  CHECK(fs::file_size(database(path)) == before);
  ledger->rest();
  CHECK(fs::file_size(database(path)) > before + (1 << 20));
  must(ledger->check());
}

}  // namespace
}  // namespace anthropic_metrics::ledger
