// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <fmt/format.h>

#include <utility>

#include "time_text.hpp"

namespace anthropic_metrics::ledger {
namespace {

constexpr std::int64_t application_id = 0x414d4c47;  // "AMLG"
constexpr std::int64_t schema_version = 1;

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
  CREATE TABLE bucket(
    lane INTEGER NOT NULL REFERENCES lane(id),
    start INTEGER NOT NULL,
    record BLOB NOT NULL,
    seal INTEGER NOT NULL,
    PRIMARY KEY(lane, start)) WITHOUT ROWID;
  CREATE TABLE outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    documents INTEGER NOT NULL,
    handed_over INTEGER,          -- NULL: not yet, or the host acknowledges
    ndjson BLOB NOT NULL,
    places BLOB NOT NULL,
    seal INTEGER NOT NULL);       -- over stream, documents, ndjson and places
  CREATE TABLE lateness(stream TEXT, slot INTEGER, buckets INTEGER NOT NULL,
    PRIMARY KEY(stream, slot)) WITHOUT ROWID;
)";

std::int64_t seconds(Instant instant) {
  return instant.time_since_epoch().count();
}
Instant instant(std::int64_t seconds) {
  return Instant(std::chrono::seconds(seconds));
}

std::string join(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

std::vector<std::string> split(std::string_view joined) {
  std::vector<std::string> names;
  while (!joined.empty()) {
    const auto comma = std::min(joined.find(','), joined.size());
    names.emplace_back(joined.substr(0, comma));
    joined.remove_prefix(std::min(comma + 1, joined.size()));
  }
  return names;
}

Result<std::int64_t> pragma(Database& database, const char* sql) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  auto row = database.step(*statement);
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& directory) {
  auto database = Database::open(directory);
  if (!database) return database.error();
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(*database)));
  if (auto ready = ledger->prepare_schema(); !ready) return ready.error();
  return ledger;
}

Result<void> Ledger::prepare_schema() {
  auto application = pragma(database_, "PRAGMA application_id");
  if (!application) return application.error();
  auto version = pragma(database_, "PRAGMA user_version");
  if (!version) return version.error();
  auto objects = pragma(database_, "SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();

  if (*application == 0 && *version == 0 && *objects == 0) {
    if (database_.marked())
      return Error{Errc::state,
                   fmt::format("state file {} is empty although it held state; restore it from "
                               "a backup, or remove its directory to start anew",
                               database_.path())};
    auto created = database_.transaction([&]() -> Result<void> {
      if (auto made = database_.execute(schema); !made) return made;
      if (auto set =
              database_.execute(fmt::format("PRAGMA application_id={}", application_id).c_str());
          !set)
        return set;
      return database_.execute(fmt::format("PRAGMA user_version={}", schema_version).c_str());
    });
    return created ? database_.mark() : created;
  }
  if (*application != application_id)
    return Error{Errc::state, fmt::format("state file {} is a database of something else; name an "
                                          "empty directory in state.path",
                                          database_.path())};
  if (*version > schema_version)
    return Error{
        Errc::state,
        fmt::format("state file {} has schema version {}, this build knows up to {}; run the "
                    "newer version that wrote it, nothing was changed",
                    database_.path(), *version, schema_version)};
  if (*version < 1) return damaged(fmt::format("schema version {}", *version));
  if (auto sound = check(); !sound) return sound;
  return database_.mark();
}

Result<void> Ledger::check() {
  {
    auto structure = database_.prepare("PRAGMA quick_check(1)");
    if (!structure) return structure.error();
    auto row = database_.step(*structure);
    if (!row) return row.error();
    if (!*row || structure->text(0) != "ok")
      return damaged(*row ? structure->text(0) : std::string_view("its structure"));
  }
  // A key that was flipped hides its row from every later reading, so all rows are compared now.
  auto broken = pragma(database_, R"(SELECT
      (SELECT count(*) FROM meta WHERE seal<>am_seal(name, value)) +
      (SELECT count(*) FROM lane WHERE
          seal<>am_seal(id, stream, bucket_width, group_by, origin, cursor, ended)) +
      (SELECT count(*) FROM bucket WHERE seal<>am_seal(lane, start, record)) +
      (SELECT count(*) FROM outbox WHERE seal<>am_seal(stream, documents, ndjson, places)))");
  if (!broken) return broken.error();
  if (*broken != 0) return damaged(fmt::format("{} rows differ from their checksums", *broken));
  return success();
}

Error Ledger::damaged(std::string_view what) const {
  return {Errc::state,
          fmt::format("state file {} is damaged ({}); restore it from a backup, or move its "
                      "directory away and run an audit",
                      database_.path(), what)};
}

Result<Statement*> Ledger::statement(Statement& slot, std::string_view sql) {
  if (!slot.prepared()) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    slot = std::move(*prepared);
  }
  return &slot;
}

Result<std::string> Ledger::organization() {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(
      "SELECT value, seal=am_seal(name, value) FROM meta WHERE name='organization'");
  if (!query) return query.error();
  auto row = database_.step(*query);
  if (!row) return row.error();
  if (*row && query->integer(1) == 0) return damaged("the organization");
  return *row ? std::string(query->text(0)) : std::string{};
}

Result<void> Ledger::bind_organization(const std::string& organization_id) {
  auto bound = organization();
  if (!bound) return bound.error();
  if (*bound == organization_id) return success();
  if (!bound->empty())
    return Error{
        Errc::state,
        fmt::format("the state in {} belongs to organization {}, the credential to {}; give "
                    "each organization a state.path of its own",
                    database_.path(), *bound, organization_id)};
  const std::lock_guard lock(mutex_);
  auto insert = database_.prepare(
      "INSERT INTO meta(name, value, seal) VALUES('organization', ?1, am_seal('organization', "
      "?1))");
  if (!insert) return insert.error();
  return database_.run(insert->bind(1, std::string_view(organization_id)));
}

Result<std::vector<Lane>> Ledger::lanes(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(
      "SELECT id, bucket_width, group_by, origin, cursor, ended IS NOT NULL, ended, "
      "seal=am_seal(id, stream, bucket_width, group_by, origin, cursor, ended) FROM lane "
      "WHERE stream=?1 ORDER BY origin, id");
  if (!query) return query.error();
  query->bind(1, std::string_view(stream));
  std::vector<Lane> lanes;
  for (;;) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return lanes;
    if (query->integer(7) == 0) return damaged(fmt::format("lane {}", query->integer(0)));
    Lane& lane = lanes.emplace_back();
    lane.id = query->integer(0);
    lane.stream = stream;
    lane.bucket_width = query->text(1);
    lane.group_by = split(query->text(2));
    lane.origin = instant(query->integer(3));
    lane.cursor = instant(query->integer(4));
    if (query->integer(5) != 0) lane.end = instant(query->integer(6));
  }
}

Result<void> Ledger::add_lane(Lane& lane, std::int64_t ends) {
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    auto insert = database_.prepare(
        "INSERT INTO lane(stream, bucket_width, group_by, origin, cursor) VALUES(?1,?2,?3,?4,?5)");
    if (!insert) return insert.error();
    const std::string group_by = join(lane.group_by);
    insert->bind(1, std::string_view(lane.stream))
        .bind(2, std::string_view(lane.bucket_width))
        .bind(3, std::string_view(group_by))
        .bind(4, seconds(lane.origin))
        .bind(5, seconds(lane.cursor));
    if (auto done = database_.run(*insert); !done) return done;
    lane.id = database_.last_insert_id();
    if (auto sealed = seal_lane(lane.id); !sealed || ends == 0) return sealed;
    auto end = database_.prepare("UPDATE lane SET ended=?1 WHERE id=?2");
    if (!end) return end.error();
    if (auto ended = database_.run(end->bind(1, seconds(lane.origin)).bind(2, ends)); !ended)
      return ended;
    return seal_lane(ends);
  });
}

Result<void> Ledger::seal_lane(std::int64_t lane) {
  auto write = statement(seal_lane_,
                         "UPDATE lane SET seal=am_seal(id, stream, bucket_width, group_by, origin, "
                         "cursor, ended) WHERE id=?1");
  if (!write) return write.error();
  return database_.run((*write)->bind(1, lane));
}

Result<std::optional<Instant>> Ledger::newest_bucket(std::int64_t lane) {
  const std::lock_guard lock(mutex_);
  auto query =
      database_.prepare("SELECT start FROM bucket WHERE lane=?1 ORDER BY start DESC LIMIT 1");
  if (!query) return query.error();
  query->bind(1, lane);
  auto row = database_.step(*query);
  if (!row) return row.error();
  return *row ? std::optional(instant(query->integer(0))) : std::nullopt;
}

Result<BucketRecord> Ledger::record(std::int64_t lane, Instant bucket) {
  const std::lock_guard lock(mutex_);
  auto query = statement(read_record_,
                         "SELECT record, seal=am_seal(lane, start, record) FROM bucket "
                         "WHERE lane=?1 AND start=?2");
  if (!query) return query.error();
  (*query)->bind(1, lane).bind(2, seconds(bucket));
  auto row = database_.step(**query);
  if (!row) return row.error();
  if (!*row) return BucketRecord{};
  const bool sound = (*query)->integer(1) != 0;
  auto record = unpack((*query)->blob(0));
  (*query)->reset();
  if (!sound || !record) return damaged(fmt::format("bucket {}", format_rfc3339(bucket)));
  return record;
}

Result<void> Ledger::insert_batches(std::vector<Batch>& batches) {
  auto insert = statement(insert_batch_,
                          "INSERT INTO outbox(stream, documents, ndjson, places, seal) "
                          "VALUES(?1,?2,?3,?4,am_seal(?1,?2,?3,?4))");
  if (!insert) return insert.error();
  for (Batch& batch : batches) {
    const std::string places = pack_index(batch);
    (*insert)
        ->bind(1, std::string_view(batch.stream))
        .bind(2, static_cast<std::int64_t>(batch.documents.size()))
        .bind_blob(3, batch.ndjson)
        .bind_blob(4, places);
    if (auto done = database_.run(**insert); !done) return done;
    batch.id = static_cast<std::uint64_t>(database_.last_insert_id());
  }
  return success();
}

Result<void> Ledger::commit(const Commit& commit, std::vector<Batch>& batches) {
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    if (!commit.records.empty()) {
      auto write =
          statement(write_record_,
                    "INSERT INTO bucket(lane, start, record, seal) "
                    "VALUES(?1,?2,?3,am_seal(?1,?2,?3)) "
                    "ON CONFLICT DO UPDATE SET record=excluded.record, seal=excluded.seal");
      if (!write) return write.error();
      for (const Commit::Record& record : commit.records) {
        (*write)->bind(1, commit.lane).bind(2, seconds(record.bucket)).bind_blob(3, record.bytes);
        if (auto done = database_.run(**write); !done) return done;
      }
    }
    if (commit.cursor) {
      auto write = statement(write_cursor_, "UPDATE lane SET cursor=max(cursor, ?1) WHERE id=?2");
      if (!write) return write.error();
      if (auto done =
              database_.run((*write)->bind(1, seconds(*commit.cursor)).bind(2, commit.lane));
          !done)
        return done;
    }
    if (commit.origin) {
      auto write = database_.prepare("UPDATE lane SET origin=min(origin, ?1) WHERE id=?2");
      if (!write) return write.error();
      if (auto done = database_.run(write->bind(1, seconds(*commit.origin)).bind(2, commit.lane));
          !done)
        return done;
    }
    if (commit.cursor || commit.origin)
      if (auto sealed = seal_lane(commit.lane); !sealed) return sealed;
    if (auto counted = add_lateness(commit); !counted) return counted;
    return batches.empty() ? success() : insert_batches(batches);
  });
}

Result<void> Ledger::add_lateness(const Commit& commit) {
  for (std::size_t slot = 0; slot < Lateness::slots; ++slot) {
    if (commit.lateness.counts[slot] == 0) continue;
    auto write = statement(write_lateness_,
                           "INSERT INTO lateness(stream, slot, buckets) "
                           "VALUES((SELECT stream FROM lane WHERE id=?1), ?2, ?3) "
                           "ON CONFLICT DO UPDATE SET buckets=buckets+excluded.buckets");
    if (!write) return write.error();
    (*write)
        ->bind(1, commit.lane)
        .bind(2, static_cast<std::int64_t>(slot))
        .bind(3, commit.lateness.counts[slot]);
    if (auto done = database_.run(**write); !done) return done;
  }
  return success();
}

Result<Lateness> Ledger::lateness(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("SELECT slot, buckets FROM lateness WHERE stream=?1");
  if (!query) return query.error();
  query->bind(1, std::string_view(stream));
  Lateness lateness;
  for (;;) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return lateness;
    const auto slot = static_cast<std::size_t>(query->integer(0));
    if (slot < Lateness::slots) lateness.counts[slot] = query->integer(1);
  }
}

Result<void> Ledger::keep_handed_over(std::uint64_t batch, Instant at, Instant horizon) {
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    auto mark = database_.prepare("UPDATE outbox SET handed_over=?1 WHERE id=?2");
    if (!mark) return mark.error();
    if (auto done =
            database_.run(mark->bind(1, seconds(at)).bind(2, static_cast<std::int64_t>(batch)));
        !done)
      return done;
    auto purge = database_.prepare("DELETE FROM outbox WHERE handed_over < ?1");
    if (!purge) return purge.error();
    return database_.run(purge->bind(1, seconds(horizon)));
  });
}

Result<std::vector<OutboxEntry>> Ledger::outbox() {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("SELECT id, documents, length(ndjson) FROM outbox ORDER BY id");
  if (!query) return query.error();
  std::vector<OutboxEntry> entries;
  for (;;) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return entries;
    entries.push_back({static_cast<std::uint64_t>(query->integer(0)),
                       static_cast<std::uint64_t>(query->integer(1)),
                       static_cast<std::uint64_t>(query->integer(2))});
  }
}

Result<Batch> Ledger::load(std::uint64_t batch_id) {
  const std::lock_guard lock(mutex_);
  auto query =
      statement(read_batch_,
                "SELECT stream, ndjson, places, seal=am_seal(stream, documents, ndjson, places) "
                "FROM outbox WHERE id=?1");
  if (!query) return query.error();
  (*query)->bind(1, static_cast<std::int64_t>(batch_id));
  auto row = database_.step(**query);
  if (!row) return row.error();
  if (!*row)
    return Error{Errc::state, fmt::format("batch {} is not in the outbox any more", batch_id)};
  Batch batch;
  batch.id = batch_id;
  batch.stream = (*query)->text(0);
  batch.ndjson = (*query)->blob(1);
  const bool sound = (*query)->integer(3) != 0;
  const auto places = unpack_index((*query)->blob(2), batch);
  (*query)->reset();
  if (!sound || !places) return damaged(fmt::format("batch {} of the outbox", batch_id));
  return batch;
}

Result<void> Ledger::replace(std::uint64_t batch, std::vector<Batch>& parts) {
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    auto erase = statement(delete_batch_, "DELETE FROM outbox WHERE id=?1");
    if (!erase) return erase.error();
    if (auto done = database_.run((*erase)->bind(1, static_cast<std::int64_t>(batch))); !done)
      return done;
    return insert_batches(parts);
  });
}

Result<void> Ledger::remove(std::uint64_t batch) {
  const std::lock_guard lock(mutex_);
  auto erase = statement(delete_batch_, "DELETE FROM outbox WHERE id=?1");
  if (!erase) return erase.error();
  return database_.run((*erase)->bind(1, static_cast<std::int64_t>(batch)));
}

}  // namespace anthropic_metrics::ledger
