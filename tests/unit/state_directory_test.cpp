// SPDX-License-Identifier: Apache-2.0
#include "ledger/state_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "ledger/database.hpp"
#include "ledger/ledger.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::contains;
using test::failure;
using test::must;
using test::Scratch;
namespace fs = std::filesystem;

/// A ledger with a lane, so that writing changes something.
std::unique_ptr<Ledger> opened(const std::string& path) {
  auto ledger = must(Ledger::open(path));
  if (must(ledger->lanes("usage")).empty()) {
    Lane lane;
    lane.stream = "usage";
    lane.bucket_width = "1h";
    must(ledger->add_lane(lane, 0));
  }
  return ledger;
}

Result<void> write_something(Ledger& ledger) {
  Commit commit;
  commit.lane = 1;
  commit.cursor = test::at("2026-01-01T00:00:00Z");
  std::vector<Batch> batches(1);
  batches[0].stream = "usage";
  batches[0].add("{}", std::string(22, 'a'), *commit.cursor);
  return ledger.commit(commit, batches);
}

TEST_CASE("links in the path of the state are followed once, to the real place") {
  const Scratch scratch;
  fs::create_directories(scratch / "lib/private/am");
  fs::create_directory_symlink("private/am", scratch / "lib/am");  // As systemd for DynamicUser=.
  fs::create_directory_symlink(scratch / "lib", scratch / "var");
  const auto path = GENERATE(as<std::string>{}, "lib/am", "var/am", "var/../lib/./am", "var//am/");

  const Database database = must(Database::open(scratch / path));

  CHECK(database.path() == fs::canonical(scratch / "lib/private/am").string() + "/ledger.db");
  CHECK(fs::exists(scratch / "lib/private/am/ledger.db"));
}

TEST_CASE("what is missing behind a link is made there, closed to others") {
  const Scratch scratch;
  fs::create_directory(scratch / "disk");
  fs::create_directory_symlink("disk", scratch / "var");

  must(Database::open(scratch / "var/deep/state"));

  struct stat status {};
  REQUIRE(::stat((scratch / "disk/deep/state").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777u) == 0700);
}

TEST_CASE("a link that somebody else put into the path is refused with his number") {
  if (::geteuid() != 0) SKIP("needs root to give a link away");
  const Scratch scratch;
  fs::create_directory(scratch / "real");
  fs::create_directory_symlink("real", scratch / "theirs");
  REQUIRE(::lchown((scratch / "theirs").c_str(), 12345, 12345) == 0);

  const Error error = failure(Database::open(scratch / "theirs/state"));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "12345"));
  CHECK(contains(error.message, scratch / "theirs"));
  CHECK_FALSE(fs::exists(scratch / "real/state"));
}

TEST_CASE("links in a circle end with a sentence") {
  const Scratch scratch;
  fs::create_symlink("b", scratch / "a");
  fs::create_symlink("a", scratch / "b");

  CHECK(contains(failure(Database::open(scratch / "a/state")).message, "links"));
}

TEST_CASE("files that are taken away or replaced are noticed before anything is written") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  auto ledger = opened(path);
  must(write_something(*ledger));
  const auto remove_all = [&] { fs::remove_all(path); };
  const auto move = [&] { fs::rename(path, scratch / "away"); };
  const auto replace = [&] {
    fs::rename(path, scratch / "away");
    fs::copy(scratch / "away", path);
  };
  const auto database = [&] { fs::remove(path + "/ledger.db"); };
  const auto log = [&] { fs::remove(path + "/ledger.db-wal"); };
  const auto other_database = [&] {
    fs::copy(path + "/ledger.db", scratch / "copy.db");
    fs::rename(scratch / "copy.db", path + "/ledger.db");
  };
  const std::vector<std::function<void()>> all{remove_all, move, replace,
                                               database,   log,  other_database};
  const auto which = GENERATE(range(0, 6));
  CAPTURE(which);
  all.at(static_cast<std::size_t>(which))();

  const Error error = failure(write_something(*ledger));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "ledger.db"));
  CHECK(contains(error.message, "while in use"));
  CHECK(failure(ledger->handing_out(1)).code == Errc::state);
  CHECK(failure(ledger->remove(1)).code == Errc::state);
}

TEST_CASE("files that are written over in their place are noticed before anything is written") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  must(write_something(*opened(path)));
  fs::copy(path + "/ledger.db", scratch / "backup.db");
  must(write_something(*opened(path)));
  auto ledger = opened(path);
  must(write_something(*ledger));
  const auto older = [&] {
    std::ofstream(path + "/ledger.db", std::ios::binary) << test::read(scratch / "backup.db");
  };
  const auto empty = [&] { fs::resize_file(path + "/ledger.db", 0); };
  const auto log = [&] { fs::resize_file(path + "/ledger.db-wal", 0); };
  const std::vector<std::function<void()>> all{older, empty, log};
  const auto which = GENERATE(range(0, 3));
  CAPTURE(which);
  all.at(static_cast<std::size_t>(which))();

  for (const Error& error : {failure(ledger->check()), failure(write_something(*ledger)),
                             failure(ledger->handing_out(1)), failure(ledger->remove(1))}) {
    CHECK(error.code == Errc::state);
    CHECK(contains(error.message, "somebody else wrote into the state file"));
  }
}

TEST_CASE("what is refused in the middle of a write is our own writing still") {
  const Scratch scratch;
  auto database = must(Database::open(scratch / "state"));
  must(database.execute("CREATE TABLE t(x)"));
  database.directory()->adopt();
  // More than the cache holds, so that it is on the disk before it is taken back.
  const auto refused = database.transaction([&]() -> Result<void> {
    must(
        database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                         "2000) INSERT INTO t SELECT randomblob(4000) FROM n"));
    return Error{Errc::protocol, "no"};
  });
  CHECK_FALSE(refused.has_value());
  must(database.check());
  must(database.transaction([&] { return database.execute("INSERT INTO t VALUES(1)"); }));
  must(database.check());
}

TEST_CASE("a state that was moved away and back goes on") {
  const Scratch scratch;
  auto ledger = opened(scratch / "state");
  fs::rename(scratch / "state", scratch / "away");
  failure(write_something(*ledger));
  fs::rename(scratch / "away", scratch / "state");

  must(write_something(*ledger));
  CHECK(must(ledger->outbox()).size() == 1);
}

TEST_CASE("closing a state that was replaced leaves the files of the other alone") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  auto first = opened(path);
  must(write_something(*first));
  fs::rename(path, scratch / "away");
  auto second = opened(path);  // Another directory, so another lock.
  must(write_something(*second));
  must(write_something(*second));
  REQUIRE(fs::file_size(path + "/ledger.db-wal") > 0);

  first.reset();

  CHECK(fs::exists(path + "/ledger.db-wal"));
  must(write_something(*second));
  second.reset();
  CHECK(must(opened(path)->outbox()).size() == 3);
}

TEST_CASE("a lock file that was removed is made anew and keeps others out") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  auto ledger = opened(path);
  must(write_something(*ledger));
  must(ledger->handing_out(1));
  fs::remove(path + "/lock");

  must(write_something(*ledger));

  CHECK(failure(Ledger::open(path)).code == Errc::busy);
  CHECK(test::read(path + "/lock").starts_with("holds state\nstate "));
}

TEST_CASE("a lock file that another put in its place stops us until it is gone") {
  const Scratch scratch;
  const std::string path = scratch / "state";
  auto ledger = opened(path);
  fs::remove(path + "/lock");
  {
    const auto other = must(StateDirectory::open(path));
    CHECK(failure(write_something(*ledger)).code == Errc::state);
  }
  must(write_something(*ledger));
}

}  // namespace
}  // namespace anthropic_metrics::ledger
