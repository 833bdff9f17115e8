// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/time_text.hpp"
#include "ledger/bucket_id.hpp"
#include "ledger/schema.hpp"

namespace anthropic_metrics::ledger {
Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& directory,
                                             const std::optional<Seen>& outputs) {
  auto database = Database::open(directory, [](Database& made) {
    auto ready = prepare_schema(made);
    return ready ? name_state(made) : ready;
  });
  if (!database) return database.error();
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(*database)));
  if (auto ready = prepare_schema(ledger->database_); !ready) return ready.error();
  if (ledger->durable()) ledger->database_.directory()->adopt();
  auto continuity = establish(ledger->database_, outputs);
  if (!continuity) return continuity.error();
  ledger->continuity_ = std::move(*continuity);
  if (ledger->database_.as_left()) ledger->unseen_from_ = std::numeric_limits<std::int64_t>::min();
  return ledger;
}

Seen Ledger::seen() {
  const std::lock_guard lock(mutex_);
  return continuity_.seen;
}

std::optional<std::string> Ledger::went_back() {
  const std::lock_guard lock(mutex_);
  if (continuity_.went_back && acknowledged(database_)) continuity_.went_back.reset();
  return continuity_.went_back;
}

std::optional<std::string> Ledger::another_state() {
  const std::lock_guard lock(mutex_);
  return continuity_.another;
}

Result<void> Ledger::check() {
  const std::lock_guard lock(mutex_);
  if (damage_) return *damage_;
  return database_.check();
}

Result<void> Ledger::handing_out(std::uint64_t batch) {
  const std::lock_guard lock(mutex_);
  if (!database_.durable()) return success();
  if (auto there = database_.check(); !there) return there;
  if (batch <= continuity_.seen.batch) return success();
  const Seen seen{continuity_.seen.state, batch};
  if (auto told = database_.directory()->remember(seen, false); !told) return told;
  continuity_.seen = seen;
  return success();
}

Result<std::string> Ledger::organization() {
  return note("organization");
}

Result<void> Ledger::bind_organization(const std::string& organization_id) {
  auto bound = organization();
  if (!bound) return bound.error();
  if (*bound == organization_id) return success();
  if (!bound->empty())
    return Error{
        Errc::configuration,
        fmt::format("the state in {} belongs to organization {}, the credential to {}; give "
                    "each organization a state.path of its own",
                    database_.path(), *bound, organization_id)};
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    auto insert = database_.prepare(
        "INSERT INTO meta(name, value, seal) VALUES('organization', ?1, am_seal('organization', "
        "?1))");
    if (!insert) return insert.error();
    return database_.run(insert->bind(1, std::string_view(organization_id)));
  });
}

Result<std::string> Ledger::note(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return read_note(name);
}

Result<void> Ledger::set_note(const std::string& name, const std::string& text) {
  const std::lock_guard lock(mutex_);
  auto before = read_note(name);
  if (!before) return before.error();
  if (*before == text) return success();
  return write_note(name, text);
}

Result<void> Ledger::write_note(const std::string& name, const std::string& text) {
  auto write = database_.prepare(
      text.empty() ? "DELETE FROM meta WHERE name=?1"
                   : "INSERT INTO meta(name, value, seal) VALUES(?1, ?2, am_seal(?1, ?2)) "
                     "ON CONFLICT DO UPDATE SET value=excluded.value, seal=excluded.seal");
  if (!write) return write.error();
  write->bind(1, std::string_view(name));
  if (!text.empty()) write->bind(2, std::string_view(text));
  return database_.run(*write);
}

Result<std::string> Ledger::read_note(const std::string& name) {
  auto query = database_.prepare("SELECT value, seal=am_seal(name, value) FROM meta WHERE name=?1");
  if (!query) return query.error();
  query->bind(1, std::string_view(name));
  auto row = database_.step(*query);
  if (!row) return row.error();
  if (*row && query->integer(1) == 0) return damaged(database_, fmt::format("the note {}", name));
  return *row ? std::string(query->text(0)) : std::string{};
}

Result<void> Ledger::seal_lane(std::int64_t lane) {
  auto write =
      database_.cached(seal_lane_,
                       "UPDATE lane SET seal=am_seal(id, stream, bucket_width, group_by, origin, "
                       "cursor, ended) WHERE id=?1");
  if (!write) return write.error();
  return database_.run((*write)->bind(1, lane));
}

Result<std::optional<Instant>> Ledger::newest_bucket(std::int64_t lane, Instant before) {
  const std::lock_guard lock(mutex_);
  auto query =
      database_.prepare("SELECT id FROM bucket WHERE id>=?1 AND id<?2 ORDER BY id DESC LIMIT 1");
  if (!query) return query.error();
  query->bind(1, bucket_id(lane, {})).bind(2, bucket_id(lane, before));
  auto row = database_.step(*query);
  if (!row) return row.error();
  return *row ? std::optional(bucket_start(query->integer(0))) : std::nullopt;
}

Result<std::vector<Instant>> Ledger::buckets(std::int64_t lane, Instant from, Instant to) {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("SELECT id FROM bucket WHERE id>=?1 AND id<?2 ORDER BY id");
  if (!query) return query.error();
  query->bind(1, bucket_id(lane, from)).bind(2, bucket_id(lane, to));
  std::vector<Instant> found;
  while (true) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return found;
    found.push_back(bucket_start(query->integer(0)));
  }
}

DayChanges Ledger::changes(std::int64_t lane, Instant day) {
  const std::lock_guard lock(mutex_);
  DayChanges changes;
  if (const auto found = written_.find({lane, day}); found != written_.end()) {
    changes.count = found->second.count;
    changes.lost = found->second.lost;
    if (found->second.added) changes.added = *found->second.added;
  }
  changes.whole = changes.lost == 0 && begun_.contains(lane);
  return changes;
}

void Ledger::count_change(std::int64_t lane, Instant bucket,
                          const std::optional<DocumentSum>& added) {
  const Instant day = std::chrono::floor<std::chrono::days>(bucket);
  const auto lose = [](Written& written) {
    written.added.reset();
    ++written.lost;
  };
  if (day > newest_day_) {
    newest_day_ = day;
    for (auto& [key, written] : written_)
      if (written.added && key.second < newest_day_ - kept_days) lose(written);
  }
  Written& written = written_[{lane, day}];
  ++written.count;
  if (!added || day < newest_day_ - kept_days) return lose(written);
  if (!written.added) written.added = std::make_unique<DocumentSum>();
  *written.added += *added;
}

Result<BucketRecord> Ledger::record(std::int64_t lane, Instant bucket, std::uint32_t part) {
  const std::lock_guard lock(mutex_);
  auto query = part == 0
                   ? database_.cached(read_record_,
                                      "SELECT record, seal=am_seal(id, record) FROM bucket "
                                      "WHERE id=?1")
                   : database_.cached(read_part_,
                                      "SELECT record, seal=am_seal(lane, start, part, record) "
                                      "FROM bucket_part WHERE lane=?1 AND start=?2 AND part=?3");
  if (!query) return query.error();
  if (part == 0)
    (*query)->bind(1, bucket_id(lane, bucket));
  else
    (*query)->bind(1, lane).bind(2, seconds(bucket)).bind(3, std::int64_t{part});
  auto row = database_.step(**query);
  if (!row) return row.error();
  if (!*row) return BucketRecord{};
  const bool sound = (*query)->integer(1) != 0;
  auto record = unpack((*query)->blob(0));
  if (!sound || !record)
    return damaged(database_, fmt::format("bucket {}", format_rfc3339(bucket)));
  return record;
}

Result<std::uint32_t> Ledger::parts(std::int64_t lane, Instant bucket) {
  const std::lock_guard lock(mutex_);
  auto query = database_.cached(count_parts_,
                                "SELECT count(*), coalesce(max(part), 0) FROM bucket_part "
                                "WHERE lane=?1 AND start=?2");
  if (!query) return query.error();
  (*query)->bind(1, lane).bind(2, seconds(bucket));
  auto row = database_.step(**query);
  if (!row) return row.error();
  const std::int64_t count = (*query)->integer(0);
  if (count != (*query)->integer(1))
    return damaged(database_, fmt::format("bucket {} lacks a part", format_rfc3339(bucket)));
  return static_cast<std::uint32_t>(count + 1);
}

Result<void> Ledger::write_records(std::int64_t lane, const std::vector<Commit::Record>& records) {
  for (const Commit::Record& record : records) {
    auto write = record.part == 0
                     ? database_.cached(write_record_,
                                        "INSERT INTO bucket(id, record, seal) "
                                        "VALUES(?1,?2,am_seal(?1,?2)) "
                                        "ON CONFLICT DO UPDATE SET record=excluded.record, "
                                        "seal=excluded.seal")
                     : database_.cached(write_part_,
                                        "INSERT INTO bucket_part(lane, start, part, record, seal) "
                                        "VALUES(?1,?2,?3,?4,am_seal(?1,?2,?3,?4)) "
                                        "ON CONFLICT DO UPDATE SET record=excluded.record, "
                                        "seal=excluded.seal");
    if (!write) return write.error();
    if (record.part == 0)
      (*write)->bind(1, bucket_id(lane, record.bucket)).bind_blob(2, record.bytes);
    else
      (*write)
          ->bind(1, lane)
          .bind(2, seconds(record.bucket))
          .bind(3, std::int64_t{record.part})
          .bind_blob(4, record.bytes);
    if (auto done = database_.run(**write); !done) return done;
  }
  return success();
}

Result<std::optional<Instant>> Ledger::time_of(std::int64_t lane, const char* sql) {
  auto query = database_.prepare(sql);
  if (!query) return query.error();
  auto row = database_.step(query->bind(1, lane));
  if (!row) return row.error();
  return *row ? std::optional(instant(query->integer(0))) : std::nullopt;
}

Result<void> Ledger::commit(const Commit& commit, std::vector<Batch>& batches) {
  const std::lock_guard lock(mutex_);
  const auto ended = database_.transaction([&]() -> Result<void> {
    for (const Removal* removal : removals_)  // First: its room is for what comes now.
      if (auto gone = outbox_.erase(removal->batch); !gone) return gone;
    return write_commit(commit, batches);
  });
  end_waiting(ended.has_value());
  // Of a transaction that failed nobody knows what became of it.
  for (const Commit::Record& record : commit.records)
    count_change(commit.lane, record.bucket, ended ? record.added : std::nullopt);
  for (const Instant bucket : commit.erased) count_change(commit.lane, bucket, {});
  return ended;
}

Result<void> Ledger::write_commit(const Commit& commit, std::vector<Batch>& batches) {
  if (auto written = write_records(commit.lane, commit.records); !written) return written;
  for (const Instant bucket : commit.erased)
    if (auto gone = erase_buckets(commit.lane, bucket, bucket + std::chrono::seconds(1)); !gone)
      return gone;
  if (auto written = write_entities(commit); !written) return written;
  if (commit.cursor) {
    auto write =
        database_.cached(write_cursor_, "UPDATE lane SET cursor=max(cursor, ?1) WHERE id=?2");
    if (!write) return write.error();
    if (auto done = database_.run((*write)->bind(1, seconds(*commit.cursor)).bind(2, commit.lane));
        !done)
      return done;
  }
  if (commit.origin) {
    auto write = database_.prepare("UPDATE lane SET origin=min(origin, ?1) WHERE id=?2");
    if (!write) return write.error();
    if (auto done = database_.run(write->bind(1, seconds(*commit.origin)).bind(2, commit.lane));
        !done)
      return done;
    // A whole window of history, further back than is ever read again.
    const auto before = time_of(commit.lane, "SELECT before FROM forgotten WHERE lane=?1");
    if (!before) return before.error();
    if (*before)
      if (auto gone = erase_buckets(commit.lane, *commit.origin, **before); !gone) return gone;
  }
  if (commit.cursor || commit.origin)
    if (auto sealed = seal_lane(commit.lane); !sealed) return sealed;
  if (auto counted = add_lateness(commit); !counted) return counted;
  if (commit.records.empty() && batches.empty()) return success();
  if (auto marked = database_.mark_changed(); !marked) return marked;
  return batches.empty() ? success() : outbox_.insert(batches);
}

Result<void> Ledger::add_lateness(const Commit& commit) {
  for (std::size_t slot = 0; slot < Lateness::slots; ++slot) {
    if (commit.lateness.counts[slot] == 0) continue;
    auto write = database_.cached(write_lateness_,
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

Result<void> Ledger::forget(std::int64_t lane, Instant before) {
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    auto mark = database_.prepare(
        "INSERT INTO forgotten(lane, before, seal) VALUES(?1, ?2, am_seal(?1, ?2)) "
        "ON CONFLICT DO UPDATE SET before=excluded.before, seal=excluded.seal "
        "WHERE excluded.before>forgotten.before");
    if (!mark) return mark.error();
    if (auto done = database_.run(mark->bind(1, lane).bind(2, seconds(before))); !done) return done;
    const auto origin = time_of(lane, "SELECT origin FROM lane WHERE id=?1");
    if (!origin) return origin.error();
    return *origin ? erase_buckets(lane, **origin, before) : success();
  });
}

}  // namespace anthropic_metrics::ledger
