// SPDX-License-Identifier: Apache-2.0
#include "ledger/database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::contains;
using test::failure;
using test::must;
using test::Scratch;

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777u;
}

std::int64_t count(Database& database, const char* sql) {
  auto statement = must(database.prepare(sql));
  REQUIRE(must(database.step(statement)));
  return statement.integer(0);
}

TEST_CASE("the state is closed to other users whatever the umask") {
  const Scratch scratch;
  const std::string state = scratch / "deep/er/state";
  const mode_t before = ::umask(0);
  {
    Database database = must(Database::open(state));
    must(database.execute("CREATE TABLE t(a)"));
    ::umask(before);

    CHECK(database.durable());
    CHECK(database.path() == state + "/ledger.db");
    CHECK(mode_of(state) == 0700);
    for (const auto& file : std::filesystem::directory_iterator(state)) {
      CAPTURE(file.path().string());
      CHECK(mode_of(file.path().string()) == 0600);
    }
  }
}

TEST_CASE("a new database has its name only when all of it is there") {
  const Scratch scratch;
  const std::string state = scratch / "state", file = state + "/ledger.db";
  const auto table = [&](Database& made) {
    CHECK_FALSE(std::filesystem::exists(file));
    return made.execute("CREATE TABLE t(a); INSERT INTO t VALUES(7)");
  };
  const auto half = [&](Database& made) {
    must(table(made));
    return Result<void>(Error{Errc::state, "no more"});
  };

  CHECK(failure(Database::open(state, half)).message == "no more");
  CHECK_FALSE(std::filesystem::exists(file));
  test::write(file + "-new", "what a power failure left");
  {
    Database database = must(Database::open(state, table));
    CHECK(count(database, "SELECT a FROM t") == 7);
    CHECK(mode_of(file) == 0600);
  }
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(state))
    left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{"ledger.db", "lock"});
  const auto never = [](Database&) { return Result<void>(Error{Errc::state, "asked again"}); };
  Database database = must(Database::open(state, never));
  CHECK(count(database, "SELECT a FROM t") == 7);
}

TEST_CASE("a log that another database left is not read into a new one") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  Database other = must(Database::open(scratch / "other"));
  must(other.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2)"));
  std::filesystem::create_directory(state);
  std::filesystem::copy(scratch / "other/ledger.db-wal", state + "/ledger.db-wal");

  Database database = must(Database::open(state, [](Database& made) {
    return made.execute("CREATE TABLE u(a); CREATE TABLE t(b); INSERT INTO t VALUES(7)");
  }));

  CHECK(count(database, "SELECT b FROM t") == 7);
}

TEST_CASE("a directory that others could read is closed") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  std::filesystem::create_directory(state);
  REQUIRE(::chmod(state.c_str(), 0755) == 0);

  must(Database::open(state));

  CHECK(mode_of(state) == 0700);
}

TEST_CASE("a file or a link to one where the directory should be is refused") {
  const Scratch scratch;
  SECTION("file") {
    test::write(scratch / "state", "x");
  }
  SECTION("link") {
    test::write(scratch / "elsewhere", "x");
    std::filesystem::create_symlink("elsewhere", scratch / "state");
  }

  const Error error = failure(Database::open(scratch / "state"));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "is not a directory"));
}

TEST_CASE("a link in the place of the database or its lock is not followed") {
  const Scratch scratch;
  const auto name = GENERATE(as<std::string>{}, "ledger.db", "lock");
  std::filesystem::create_directory(scratch / "state");
  std::filesystem::create_symlink(scratch / "target", scratch / ("state/" + name));

  CHECK(failure(Database::open(scratch / "state")).code == Errc::state);
  CHECK_FALSE(std::filesystem::exists(scratch / "target"));
}

TEST_CASE("a directory that cannot be made is an error that names it") {
  const Scratch scratch;
  test::write(scratch / "file", "x");

  const Error error = failure(Database::open(scratch / "file/state"));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "file/state"));
  CHECK(contains(error.message, "state.path"));
}

TEST_CASE("two databases in memory are two") {
  Database first = must(Database::open("")), second = must(Database::open(""));
  must(first.execute("CREATE TABLE t(a)"));

  CHECK(count(first, "SELECT count(*) FROM sqlite_schema") == 1);
  CHECK(count(second, "SELECT count(*) FROM sqlite_schema") == 0);
  CHECK_FALSE(first.durable());
}

TEST_CASE("values are bound and read as they are") {
  Database database = must(Database::open(""));
  const std::string bytes("a\0b\xff", 4);
  auto statement = must(database.prepare("SELECT ?1, ?2, ?3, ?4"));
  statement.bind(1, std::numeric_limits<std::int64_t>::min())
      .bind(2, std::string_view("t\xc3\xa9xt"))
      .bind_blob(3, bytes)
      .bind_blob(4, "");

  REQUIRE(must(database.step(statement)));

  CHECK(statement.integer(0) == std::numeric_limits<std::int64_t>::min());
  CHECK(statement.text(1) == "t\xc3\xa9xt");
  CHECK(statement.blob(2) == bytes);
  CHECK(statement.blob(3).empty());
  CHECK_FALSE(must(database.step(statement)));
}

TEST_CASE("a statement that runs twice takes new values") {
  Database database = must(Database::open(""));
  must(database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)"));
  auto insert = must(database.prepare("INSERT INTO t VALUES(?1)"));

  must(database.run(insert.bind(1, std::int64_t{4})));
  CHECK(database.last_insert_id() == 4);
  must(database.run(insert.bind(1, std::int64_t{9})));

  CHECK(database.last_insert_id() == 9);
  CHECK(count(database, "SELECT sum(a) FROM t") == 13);

  SECTION("also after it failed") {
    CHECK(failure(database.run(insert.bind(1, std::int64_t{9}))).code == Errc::state);
    must(database.run(insert.bind(1, std::int64_t{10})));
    CHECK(count(database, "SELECT count(*) FROM t") == 3);
  }
}

TEST_CASE("a transaction is all or nothing") {
  Database database = must(Database::open(""));
  must(database.execute("CREATE TABLE t(a)"));

  SECTION("all") {
    must(database.transaction([&] { return database.execute("INSERT INTO t VALUES(1)"); }));
    CHECK(count(database, "SELECT count(*) FROM t") == 1);
  }
  SECTION("nothing when the body fails") {
    const Error error = failure(database.transaction([&]() -> Result<void> {
      must(database.execute("INSERT INTO t VALUES(1)"));
      return Error{Errc::busy, "stop"};
    }));
    CHECK(error.message == "stop");
    CHECK(count(database, "SELECT count(*) FROM t") == 0);
  }
  SECTION("nothing when a statement fails, and the next one works") {
    CHECK(failure(database.transaction([&]() -> Result<void> {
            must(database.execute("INSERT INTO t VALUES(1)"));
            return database.execute("INSERT INTO nowhere VALUES(1)");
          })).code == Errc::state);
    must(database.transaction([&] { return database.execute("INSERT INTO t VALUES(2)"); }));
    CHECK(count(database, "SELECT sum(a) FROM t") == 2);
  }
}

TEST_CASE("an SQL failure names the file, the statement and the reason") {
  const Scratch scratch;
  Database database = must(Database::open(scratch / "state"));

  const Error error = failure(database.prepare("SELECT x FROM nowhere"));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, scratch / "state/ledger.db"));
  CHECK(contains(error.message, "SELECT x FROM nowhere"));
  CHECK(contains(error.message, "no such table"));
}

TEST_CASE("a full disk is told as such and the database goes on afterwards") {
  Database database = must(Database::open(""));
  must(database.execute("CREATE TABLE t(a)"));
  const std::int64_t pages = count(database, "PRAGMA page_count");
  must(database.execute(("PRAGMA max_page_count=" + std::to_string(pages + 2)).c_str()));

  const Error error = failure(database.transaction(
      [&] { return database.execute("INSERT INTO t VALUES(zeroblob(100000))"); }));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "free space"));
  must(database.execute("INSERT INTO t VALUES(1)"));
  CHECK(count(database, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("a moved database keeps its lock") {
  const Scratch scratch;
  Database first = must(Database::open(scratch / "state"));
  {
    const Database second = std::move(first);
    CHECK(failure(Database::open(scratch / "state")).code == Errc::busy);
  }
  must(Database::open(scratch / "state"));
}

}  // namespace
}  // namespace anthropic_metrics::ledger
