// SPDX-License-Identifier: Apache-2.0
#include "ledger/schema.hpp"

#include <fmt/format.h>

#include <iterator>

#include "ledger/bucket_id.hpp"

namespace anthropic_metrics::ledger {
namespace {

constexpr std::int64_t application_id = 0x414d4c47;  // "AMLG"
constexpr std::int64_t schema_version = 5;

/// Of a state that begins today.
constexpr const char* schema = R"(
  -- seal: am_seal over the other columns of the row
  CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE lane(
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    bucket_width TEXT NOT NULL,
    group_by TEXT NOT NULL,       -- names joined by commas, sorted
    origin INTEGER NOT NULL,      -- seconds since 1970 UTC, as all times here
    cursor INTEGER NOT NULL,
    ended INTEGER,                -- NULL: the lane in use
    seal INTEGER NOT NULL DEFAULT 0);
  -- Buckets of a lane before that time are not known any more, and never read again.
  CREATE TABLE forgotten(lane INTEGER PRIMARY KEY REFERENCES lane(id), before INTEGER NOT NULL,
    seal INTEGER NOT NULL);
  -- id: bucket_id.hpp. In a table WITHOUT ROWID each comparison of keys would read a whole record.
  CREATE TABLE bucket(id INTEGER PRIMARY KEY, record BLOB NOT NULL, seal INTEGER NOT NULL,
    lane INTEGER AS (id>>40) REFERENCES lane(id), start INTEGER AS (id&((1<<40)-1)));
  -- Further rows of buckets that have many; `bucket` holds part 0 of every one.
  CREATE TABLE bucket_part(lane INTEGER NOT NULL REFERENCES lane(id), start INTEGER NOT NULL,
    part INTEGER NOT NULL, record BLOB NOT NULL, seal INTEGER NOT NULL,
    PRIMARY KEY(lane, start, part)) WITHOUT ROWID;
  CREATE TABLE outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    documents INTEGER NOT NULL,
    handed_over INTEGER,          -- NULL: not yet, or the host acknowledges
    ndjson BLOB NOT NULL,
    places BLOB NOT NULL,
    seal INTEGER NOT NULL,        -- not over id and handed_over
    size INTEGER);                -- of ndjson when expanded; NULL: it is as it was handed out
  CREATE TABLE lateness(stream TEXT, slot INTEGER, buckets INTEGER NOT NULL,
    PRIMARY KEY(stream, slot)) WITHOUT ROWID;
  -- Things that stay, as they were told last.
  CREATE TABLE entity(stream TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL,
    day INTEGER NOT NULL, changes INTEGER NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
    state TEXT NOT NULL, seal INTEGER NOT NULL, PRIMARY KEY(stream, id)) WITHOUT ROWID;
)";

/// steps[n - 1] leads from version n to n + 1. A released step is never changed.
constexpr const char* steps[] = {
    R"(CREATE TABLE forgotten(lane INTEGER PRIMARY KEY REFERENCES lane(id), before INTEGER NOT NULL,
         seal INTEGER NOT NULL);
       ALTER TABLE outbox ADD COLUMN size INTEGER;)",
    R"(CREATE TABLE bucket_part(lane INTEGER NOT NULL REFERENCES lane(id), start INTEGER NOT NULL,
         part INTEGER NOT NULL, record BLOB NOT NULL, seal INTEGER NOT NULL,
         PRIMARY KEY(lane, start, part)) WITHOUT ROWID;)",
    R"(CREATE TABLE entity(stream TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL,
         day INTEGER NOT NULL, changes INTEGER NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
         state TEXT NOT NULL, seal INTEGER NOT NULL, PRIMARY KEY(stream, id)) WITHOUT ROWID;)",
    R"(ALTER TABLE bucket RENAME TO bucket_before;
       CREATE TABLE bucket(id INTEGER PRIMARY KEY, record BLOB NOT NULL, seal INTEGER NOT NULL,
         lane INTEGER AS (id>>40) REFERENCES lane(id), start INTEGER AS (id&((1<<40)-1)));
       INSERT INTO bucket SELECT (lane<<40)|start, record, am_seal((lane<<40)|start, record)
         FROM bucket_before ORDER BY lane, start;
       DROP TABLE bucket_before;)",
};
static_assert(std::size(steps) == schema_version - 1);
static_assert(bucket_start_bits == 40);  // as the tables have it

Result<std::int64_t> pragma(Database& database, const char* sql) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  auto row = database.step(*statement);
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

/// whole: with its structure and every bucket, which of a large state takes seconds.
Result<void> check(Database& database, std::int64_t version, bool whole) {
  if (whole) {
    auto structure = database.prepare("PRAGMA quick_check(1)");
    if (!structure) return structure.error();
    auto row = database.step(*structure);
    if (!row) return row.error();
    if (!*row || structure->text(0) != "ok")
      return damaged(database, *row ? structure->text(0) : std::string_view("its structure"));
  }
  // A key that was flipped hides its row from every later reading, so all rows are compared now.
  std::string sql = R"(SELECT
      (SELECT count(*) FROM meta WHERE seal<>am_seal(name, value)) +
      (SELECT count(*) FROM lane WHERE
          seal<>am_seal(id, stream, bucket_width, group_by, origin, cursor, ended)) +
      (SELECT count(*) FROM outbox WHERE )";
  if (version >= 2)
    sql +=
        "size IS NOT NULL AND seal<>am_seal(stream, documents, ndjson, places, size)) +"
        "(SELECT count(*) FROM forgotten WHERE seal<>am_seal(lane, before)) +"
        "(SELECT count(*) FROM outbox WHERE size IS NULL AND ";
  sql += "seal<>am_seal(stream, documents, ndjson, places))";
  if (whole) {
    sql += "+(SELECT count(*) FROM bucket WHERE seal<>";
    sql += version >= 5 ? "am_seal(id, record))" : "am_seal(lane, start, record))";
  }
  if (whole && version >= 3)
    sql += "+(SELECT count(*) FROM bucket_part WHERE seal<>am_seal(lane, start, part, record))";
  if (version >= 4)
    sql +=
        "+(SELECT count(*) FROM entity WHERE "
        "seal<>am_seal(stream, id, content, day, changes, name, tags, state))";
  auto broken = pragma(database, sql.c_str());
  if (!broken) return broken.error();
  if (*broken != 0)
    return damaged(database, fmt::format("{} rows differ from their checksums", *broken));
  return success();
}

Result<void> set_pragma(Database& database, const char* name, std::int64_t value) {
  return database.execute(fmt::format("PRAGMA {}={}", name, value).c_str());
}

/// From `version` (0: nothing is there) to ours, in one transaction.
Result<void> bring_forward(Database& database, std::int64_t version) {
  return database.transaction([&]() -> Result<void> {
    if (version == 0) {
      if (auto made = database.execute(schema); !made) return made;
      if (auto set = set_pragma(database, "application_id", application_id); !set) return set;
      version = schema_version;
    }
    for (; version < schema_version; ++version)
      if (auto made = database.execute(steps[version - 1]); !made) return made;
    return set_pragma(database, "user_version", schema_version);
  });
}

}  // namespace

Error damaged(const Database& database, std::string_view what) {
  database.distrust();
  return {Errc::state,
          fmt::format("state file {} is damaged ({}); move its directory away to start "
                      "anew, as docs/operations.md says",
                      database.path(), what)};
}

Result<void> prepare_schema(Database& database) {
  auto application = pragma(database, "PRAGMA application_id");
  if (!application) return application.error();
  auto version = pragma(database, "PRAGMA user_version");
  if (!version) return version.error();
  auto objects = pragma(database, "SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();

  if (*application == 0 && *version == 0 && *objects == 0) {
    if (database.directory() && database.directory()->marked())
      return Error{Errc::state,
                   fmt::format("state file {} is empty although it held state; move its directory "
                               "away to start anew, as docs/operations.md says",
                               database.path())};
    return bring_forward(database, 0);
  }
  if (*application != application_id)
    return Error{Errc::state, fmt::format("state file {} is a database of something else; name an "
                                          "empty directory in state.path",
                                          database.path())};
  if (*version > schema_version)
    return Error{
        Errc::state,
        fmt::format("state file {} has schema version {}, this build knows up to {}; run the "
                    "newer version that wrote it, nothing was changed",
                    database.path(), *version, schema_version)};
  if (*version < 1) return damaged(database, fmt::format("schema version {}", *version));
  // Checked as it was written: bringing it forward must not seal what is damaged.
  const bool whole = !database.as_left() || *version < schema_version;
  if (auto sound = check(database, *version, whole); !sound) return sound;
  return *version < schema_version ? bring_forward(database, *version) : success();
}

}  // namespace anthropic_metrics::ledger
