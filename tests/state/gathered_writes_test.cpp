// SPDX-License-Identifier: Apache-2.0
// Writes to the log, put together: few calls of the system, and nothing else changes.
#include <sqlite3.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "fault_disk.hpp"
#include "ledger/database.hpp"
#include "scratch_folder.hpp"
#include "tests/unit/support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::FaultDisk;
using test::must;

constexpr int page = 4096;

Result<void> add(Database& database, int pages, char what) {
  auto insert = database.prepare("INSERT INTO t VALUES(?1)");
  if (!insert) return insert.error();
  const std::string bytes(page, what);
  for (int i = 0; i < pages; ++i)
    if (auto done = database.run(insert->bind_blob(1, bytes)); !done) return done;
  return success();
}

/// Pages with that letter; every other one fails.
int pages(Database& database, char what) {
  auto query = must(database.prepare("SELECT a FROM t"));
  const std::string wanted(page, what);
  int count = 0;
  while (must(database.step(query))) count += query.blob(0) == wanted ? 1 : -1'000'000;
  return count;
}

Database with_table(const std::filesystem::path& folder) {
  auto database = must(Database::open((folder / "state").string()));
  must(database.execute("CREATE TABLE t(a)"));
  must(database.transaction([&] { return add(database, 1, 'a'); }));
  return database;
}

TEST_CASE("a transaction of many pages is written with few calls") {
  const test::ScratchFolder folder;
  FaultDisk disk;
  Database database = with_table(folder.path());
  const auto before = disk.count(FaultDisk::Op::write);

  must(database.transaction([&] { return add(database, 100, 'a'); }));

  const auto calls = disk.count(FaultDisk::Op::write) - before;
  CHECK(calls >= 100 * page / (64 * 1024));
  CHECK(calls <= 20);  // Two for each page without it.
  CHECK(pages(database, 'a') == 101);
}

TEST_CASE("a transaction that outgrows SQLite's cache reads what it wrote, and is undone whole") {
  const test::ScratchFolder folder;
  Database database = with_table(folder.path());

  const auto undone = database.transaction([&]() -> Result<void> {
    must(add(database, 2000, 'a'));
    CHECK(pages(database, 'a') == 2001);
    return Error{Errc::state, "undone"};
  });
  CHECK_FALSE(undone.has_value());
  CHECK(pages(database, 'a') == 1);
  must(database.transaction([&] { return add(database, 3, 'a'); }));

  // What a process that is killed now leaves.
  std::filesystem::copy(folder.path() / "state", folder.path() / "left");
  Database after = must(Database::open((folder.path() / "left").string()));
  CHECK(pages(after, 'a') == 4);
}

TEST_CASE("what the log could not take is not committed, and goes when it can") {
  const test::ScratchFolder folder;
  FaultDisk disk;
  Database database = with_table(folder.path());
  for (const auto op : {FaultDisk::Op::write, FaultDisk::Op::sync}) {
    disk.fail({op, 1, true, true, op == FaultDisk::Op::write ? SQLITE_FULL : SQLITE_IOERR_FSYNC});
    CHECK_FALSE(database.transaction([&] { return add(database, 100, 'b'); }).has_value());
    disk.heal();
    CHECK(pages(database, 'a') == 1);
  }
  must(database.transaction([&] { return add(database, 1, 'a'); }));
  std::filesystem::copy(folder.path() / "state", folder.path() / "left");
  Database after = must(Database::open((folder.path() / "left").string()));
  CHECK(pages(after, 'a') == 2);
}

}  // namespace
}  // namespace anthropic_metrics::ledger
