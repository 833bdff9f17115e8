// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <sqlite3.h>

#include "older_state.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::at;
using test::contains;
using test::failure;
using test::must;
using test::Scratch;

Lane usage_lane(std::vector<std::string> group_by = {"model", "workspace_id"}) {
  Lane lane;
  lane.stream = "usage";
  lane.bucket_width = "1h";
  lane.group_by = std::move(group_by);
  lane.origin = lane.cursor = at("2026-09-01T00:00:00Z");
  return lane;
}

Batch batch_of(const std::string& json) {
  Batch batch;
  batch.stream = "usage";
  batch.add(json, "AAAAAAAAAAAAAAAAAAAAAA", at("2026-09-01T00:00:00Z"));
  return batch;
}

Commit commit_of(std::int64_t lane, Instant bucket, std::string record,
                 std::optional<Instant> cursor = {}) {
  Commit commit;
  commit.lane = lane;
  commit.records.push_back({bucket, std::move(record)});
  commit.cursor = cursor;
  return commit;
}

/// A record with one row of that many tokens, packed.
std::string record_of(std::int64_t tokens) {
  BucketRecord record;
  record.rows.emplace_back();
  record.rows[0].row.counts[0] = tokens;
  streams::Layout layout;
  layout.counts.push_back({"t", "t", true});
  return pack(record, layout);
}

/// Runs SQL on the database of a directory that no ledger has open.
void sql(const std::string& directory, const std::string& statement) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open((directory + "/ledger.db").c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

TEST_CASE("without a directory the ledger is in memory") {
  const auto ledger = must(Ledger::open(""));

  CHECK_FALSE(ledger->durable());
  CHECK(must(ledger->organization()).empty());
}

TEST_CASE("the state belongs to the first organization that was bound") {
  const Scratch scratch;
  {
    const auto ledger = must(Ledger::open(scratch / "state"));
    CHECK(ledger->durable());
    must(ledger->bind_organization("org-1"));
    must(ledger->bind_organization("org-1"));
  }
  const auto ledger = must(Ledger::open(scratch / "state"));

  const Error error = failure(ledger->bind_organization("org-2"));

  CHECK(error.code == Errc::configuration);
  CHECK(contains(error.message, "org-1"));
  CHECK(contains(error.message, "org-2"));
  CHECK(contains(error.message, "state.path"));
  CHECK(must(ledger->organization()) == "org-1");
}

TEST_CASE("a second instance is refused while the first lives, and welcome afterwards") {
  const Scratch scratch;
  {
    const auto first = must(Ledger::open(scratch / "state"));

    const Error error = failure(Ledger::open(scratch / "state"));

    CHECK(error.code == Errc::busy);
    CHECK(contains(error.message, scratch / "state"));
    CHECK(contains(error.message, "in use by another instance"));
    must(first->organization());
  }
  must(Ledger::open(scratch / "state"));
}

TEST_CASE("a database of something else is refused and left untouched") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  std::filesystem::create_directory(state);
  sql(state, "CREATE TABLE photos(name TEXT); INSERT INTO photos VALUES('cat')");
  const std::string before = test::read(state + "/ledger.db");

  const Error error = failure(Ledger::open(state));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "something else"));
  CHECK(contains(error.message, "state.path"));
  // Only the change to write-ahead logging, which keeps every row, may have touched the header.
  CHECK(test::read(state + "/ledger.db").substr(100) == before.substr(100));
}

TEST_CASE("a state of a newer version is refused and left untouched") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  { must(must(Ledger::open(state))->bind_organization("org-1")); }
  sql(state, "PRAGMA user_version=99");
  const std::string before = test::read(state + "/ledger.db");

  const Error error = failure(Ledger::open(state));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "99"));
  CHECK(contains(error.message, "newer version"));
  CHECK(test::read(state + "/ledger.db") == before);
}

TEST_CASE("a state of the first version is brought forward with all it knows") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  const Instant bucket = at("2026-09-01T05:00:00Z");
  Lane lane = usage_lane();
  {
    const auto ledger = must(Ledger::open(state));
    must(ledger->bind_organization("org-1"));
    must(ledger->add_lane(lane, 0));
    std::vector<Batch> batches{batch_of("{}")};
    must(ledger->commit(commit_of(lane.id, bucket, record_of(7), bucket), batches));
  }
  must(must(Database::open(state)).execute(test::to_version_1.c_str()));

  SECTION("and goes on") {
    const auto ledger = must(Ledger::open(state));
    CHECK(must(ledger->organization()) == "org-1");
    CHECK(must(ledger->record(lane.id, bucket)).rows.at(0).row.counts[0] == 7);
    const auto waiting = must(ledger->outbox());
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0].bytes == 3);
    CHECK(must(ledger->load(waiting[0].id)).ndjson == "{}\n");
    std::vector<Batch> more{batch_of("{}")};
    must(ledger->commit({}, more));
    CHECK(must(ledger->load(more[0].id)).ndjson == "{}\n");
    CHECK(must(ledger->lanes("usage"))[0].forgotten == Instant{});
    must(ledger->forget(lane.id, at("2026-09-01T04:00:00Z")));
  }
  SECTION("unless it is damaged: that must not be sealed as sound") {
    sql(state, "UPDATE bucket SET start=start+3600");
    CHECK(contains(failure(Ledger::open(state)).message, "differ from their checksums"));
    CHECK(contains(failure(Ledger::open(state)).message, "differ from their checksums"));
  }
}

TEST_CASE("a state that was brought forward has the tables of one that begins today") {
  const Scratch scratch;
  const auto tables = [&](const std::string& state) {
    auto database = must(Database::open(state));
    auto query = must(database.prepare(
        "SELECT tables.name, columns.name, columns.type, columns.\"notnull\", columns.pk, "
        "tables.wr "
        "FROM pragma_table_list AS tables, pragma_table_xinfo(tables.name) AS columns "
        "WHERE tables.schema='main' ORDER BY tables.name, columns.name"));
    std::vector<std::string> found;
    while (must(database.step(query))) {
      std::string one;
      for (int column = 0; column < 6; ++column) one += std::string(query.text(column)) + ' ';
      found.push_back(std::move(one));
    }
    return found;
  };
  const std::string fresh = scratch / "fresh";
  must(Ledger::open(fresh));
  const auto wanted = tables(fresh);
  CHECK(wanted.size() > 30);
  for (const std::string& older :
       {test::to_version_1, test::to_version_2, test::to_version_3, test::to_version_4}) {
    const Scratch place;
    const std::string state = place / "state";
    must(Ledger::open(state));
    must(must(Database::open(state)).execute(older.c_str()));
    CHECK(tables(state) != wanted);
    must(Ledger::open(state));
    CHECK(tables(state) == wanted);
  }
}

TEST_CASE("buckets of a state of the fourth version are where they were, lane by lane") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  const Instant first = at("2026-09-01T00:00:00Z");
  Lane one = usage_lane(), other = usage_lane({"model"});
  const auto known = [&](Ledger& ledger) {
    std::vector<std::int64_t> tokens;
    for (const Lane& lane : {one, other})
      for (const Instant bucket :
           must(ledger.buckets(lane.id, first, first + std::chrono::days(2))))
        tokens.push_back(must(ledger.record(lane.id, bucket)).rows.at(0).row.counts[0]);
    return tokens;
  };
  std::vector<std::int64_t> written;
  {
    const auto ledger = must(Ledger::open(state));
    must(ledger->add_lane(one, 0));
    other.origin = other.cursor = first + std::chrono::days(1);
    must(ledger->add_lane(other, one.id));
    std::vector<Batch> none;
    for (int hour = 0; hour < 48; ++hour) {
      const auto lane = hour < 24 ? one.id : other.id;
      written.push_back(100 + hour);
      must(ledger->commit(
          commit_of(lane, first + std::chrono::hours(hour), record_of(written.back())), none));
    }
  }
  must(must(Database::open(state)).execute(test::to_version_4.c_str()));

  const auto ledger = must(Ledger::open(state));

  CHECK(known(*ledger) == written);
  CHECK(must(ledger->newest_bucket(one.id)) == first + std::chrono::hours(23));
  CHECK(must(ledger->newest_bucket(other.id, other.origin)) == std::nullopt);
  must(ledger->forget(one.id, first + std::chrono::hours(20)));
  written.erase(written.begin(), written.begin() + 20);
  CHECK(known(*ledger) == written);
}

TEST_CASE("a lane knows its data stream, and one of before there were data sets has the default") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  Lane plain = usage_lane(), moved = usage_lane();
  plain.data_stream_namespace = moved.data_stream_namespace = "default";
  moved.dataset = "claude_metrics.usage";
  moved.origin = moved.cursor = plain.origin + std::chrono::hours(1);
  {
    const auto ledger = must(Ledger::open(state));
    must(ledger->add_lane(plain, 0));
    must(ledger->add_lane(moved, plain.id));
  }
  {
    const auto ledger = must(Ledger::open(state));
    const auto lanes = must(ledger->lanes("usage"));
    REQUIRE(lanes.size() == 2);
    CHECK(lanes[0].data_stream() == "metrics-anthropic_metrics.usage-default");
    CHECK(lanes[1].data_stream() == "metrics-claude_metrics.usage-default");
  }
  sql(state, "UPDATE meta SET value='anthropic_metrics.usage' WHERE name LIKE '% dataset'");
  CHECK(contains(failure(Ledger::open(state)).message, "differ from their checksums"));
}

TEST_CASE("what is forgotten is gone, with the time before which it is, and nothing else") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  Lane lane = usage_lane(), other = usage_lane({"model"});
  const auto hour = [](int n) { return at("2026-09-01T00:00:00Z") + std::chrono::hours(n); };
  {
    const auto ledger = must(Ledger::open(state));
    must(ledger->add_lane(lane, 0));
    must(ledger->add_lane(other, 0));
    std::vector<Batch> none;
    // Hours before the origin belong to a window of history that is half done.
    for (const int n : {-2, -1, 0, 1, 2, 3})
      for (const auto id : {lane.id, other.id})
        must(ledger->commit(commit_of(id, hour(n), record_of(7)), none));
    must(ledger->forget(lane.id, hour(2)));
    must(ledger->forget(lane.id, hour(1)));  // It never goes back.
  }
  const auto known = [&](Ledger& ledger, std::int64_t id) {
    std::vector<int> hours;
    for (int n = -3; n < 5; ++n)
      if (!must(ledger.record(id, hour(n))).rows.empty()) hours.push_back(n);
    return hours;
  };
  {
    const auto ledger = must(Ledger::open(state));
    CHECK(must(ledger->lanes("usage"))[0].forgotten == hour(2));
    CHECK(must(ledger->lanes("usage"))[1].forgotten == Instant{});
    CHECK(known(*ledger, lane.id) == std::vector<int>{-2, -1, 2, 3});
    CHECK(known(*ledger, other.id) == std::vector<int>{-2, -1, 0, 1, 2, 3});
    // The window is whole: nobody will read it again.
    Commit window;
    window.lane = lane.id;
    window.origin = hour(-2);
    std::vector<Batch> none;
    must(ledger->commit(window, none));
    window.lane = other.id;
    must(ledger->commit(window, none));
    CHECK(known(*ledger, lane.id) == std::vector<int>{2, 3});
    CHECK(known(*ledger, other.id) == std::vector<int>{-2, -1, 0, 1, 2, 3});
  }
  sql(state, "UPDATE forgotten SET before=before-3600");
  CHECK(failure(Ledger::open(state)).code == Errc::state);
}

TEST_CASE("a file that is no database is an error with a remedy") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  std::filesystem::create_directory(state);
  test::write(state + "/ledger.db", std::string(4096, 'x'));

  const Error error = failure(Ledger::open(state));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "damaged"));
  CHECK(contains(error.message, "move its directory away"));
}

TEST_CASE("lanes come back as they were stored, oldest first") {
  const Scratch scratch;
  const auto group_by = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"model"},
                                 std::vector<std::string>{"model", "speed", "workspace_id"});
  {
    const auto ledger = must(Ledger::open(scratch / "state"));
    Lane newer = usage_lane(group_by);
    newer.origin = newer.cursor = at("2026-09-02T00:00:00Z");
    Lane older = usage_lane(group_by), other = usage_lane();
    other.stream = "cost";
    must(ledger->add_lane(newer, 0));
    must(ledger->add_lane(older, 0));
    must(ledger->add_lane(other, 0));
    CHECK(newer.id != older.id);
  }
  const auto ledger = must(Ledger::open(scratch / "state"));

  const auto lanes = must(ledger->lanes("usage"));

  REQUIRE(lanes.size() == 2);
  CHECK(lanes[0].origin == at("2026-09-01T00:00:00Z"));
  CHECK(lanes[1].origin == at("2026-09-02T00:00:00Z"));
  CHECK(lanes[0].stream == "usage");
  CHECK(lanes[0].bucket_width == "1h");
  CHECK(lanes[0].group_by == group_by);
  CHECK_FALSE(lanes[0].end.has_value());
  CHECK(must(ledger->lanes("nothing")).empty());
}

TEST_CASE("a lane ends where the one that replaces it begins") {
  const auto ledger = must(Ledger::open(""));
  Lane first = usage_lane();
  must(ledger->add_lane(first, 0));
  Lane second = usage_lane({"model"});
  second.origin = second.cursor = at("2026-09-01T12:00:00Z");

  must(ledger->add_lane(second, first.id));

  const auto lanes = must(ledger->lanes("usage"));
  REQUIRE(lanes.size() == 2);
  CHECK(lanes[0].end == at("2026-09-01T12:00:00Z"));
  CHECK_FALSE(lanes[1].end.has_value());
}

TEST_CASE("a commit stores records, cursor and batches together") {
  const Scratch scratch;
  const Instant bucket = at("2026-09-01T05:00:00Z");
  Lane lane = usage_lane();
  {
    const auto ledger = must(Ledger::open(scratch / "state"));
    must(ledger->add_lane(lane, 0));
    std::vector<Batch> batches{batch_of("{}"), batch_of("[]")};
    must(ledger->commit(commit_of(lane.id, bucket, record_of(7), bucket), batches));
    CHECK(batches[0].id != 0);
    CHECK(batches[1].id > batches[0].id);
  }
  const auto ledger = must(Ledger::open(scratch / "state"));

  CHECK(must(ledger->record(lane.id, bucket)).rows.at(0).row.counts[0] == 7);
  CHECK(must(ledger->record(lane.id, bucket + std::chrono::hours(1))).rows.empty());
  CHECK(must(ledger->record(lane.id + 1, bucket)).rows.empty());
  CHECK(must(ledger->lanes("usage"))[0].cursor == bucket);
  CHECK(must(ledger->outbox()).size() == 2);
}

TEST_CASE("a record is replaced by the next commit and the cursor never goes back") {
  const auto ledger = must(Ledger::open(""));
  Lane lane = usage_lane();
  must(ledger->add_lane(lane, 0));
  const Instant bucket = at("2026-09-01T05:00:00Z");
  std::vector<Batch> none;

  must(ledger->commit(commit_of(lane.id, bucket, record_of(7), at("2026-09-01T06:00:00Z")), none));
  must(ledger->commit(commit_of(lane.id, bucket, record_of(9), at("2026-09-01T01:00:00Z")), none));

  CHECK(must(ledger->record(lane.id, bucket)).rows.at(0).row.counts[0] == 9);
  CHECK(must(ledger->lanes("usage"))[0].cursor == at("2026-09-01T06:00:00Z"));
}

TEST_CASE("a commit that fails stores nothing of it") {
  const auto ledger = must(Ledger::open(""));
  Lane lane = usage_lane();
  must(ledger->add_lane(lane, 0));
  const Instant good = at("2026-09-01T05:00:00Z");
  // The second record names a lane that does not exist: the foreign key stops the commit.
  std::vector<Batch> batches{batch_of("{}")};

  const Error error =
      failure(ledger->commit(commit_of(lane.id + 99, good, record_of(1), good), batches));

  CHECK(error.code == Errc::state);
  CHECK(must(ledger->record(lane.id + 99, good)).rows.empty());
  CHECK(must(ledger->outbox()).empty());
  CHECK(must(ledger->lanes("usage"))[0].cursor == lane.cursor);
  must(ledger->commit(commit_of(lane.id, good, record_of(1), good), batches));
  CHECK(must(ledger->outbox()).size() == 1);
}

TEST_CASE("a record that was damaged on disk is an error and not a number") {
  const Scratch scratch;
  const std::string state = scratch / "state";
  const Instant bucket = at("2026-09-01T05:00:00Z");
  Lane lane = usage_lane();
  {
    const auto ledger = must(Ledger::open(state));
    must(ledger->add_lane(lane, 0));
    std::vector<Batch> none;
    must(ledger->commit(commit_of(lane.id, bucket, record_of(7)), none));
  }
  sql(state, "UPDATE bucket SET record=x'0102'");

  const Error error = failure(Ledger::open(state));

  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "damaged"));
}

TEST_CASE("the outbox survives reopening byte for byte") {
  const Scratch scratch;
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  Batch written = batch_of(every);
  written.add("", "BBBBBBBBBBBBBBBBBBBBBB", at("2026-09-01T01:00:00Z"));
  {
    const auto ledger = must(Ledger::open(scratch / "state"));
    std::vector<Batch> batches{written};
    must(ledger->commit({}, batches));
    written.id = batches[0].id;
  }
  const auto ledger = must(Ledger::open(scratch / "state"));

  const auto entries = must(ledger->outbox());
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].id == written.id);
  CHECK(entries[0].documents == 2);
  CHECK(entries[0].bytes == written.ndjson.size());
  const Batch read = must(ledger->load(written.id));
  CHECK(read.id == written.id);
  CHECK(read.stream == "usage");
  CHECK(read.ndjson == written.ndjson);
  CHECK(pack_index(read) == pack_index(written));
}

TEST_CASE("ids of batches are never used again") {
  const Scratch scratch;
  std::uint64_t first = 0;
  {
    const auto ledger = must(Ledger::open(scratch / "state"));
    std::vector<Batch> batches{batch_of("{}")};
    must(ledger->commit({}, batches));
    first = batches[0].id;
    must(ledger->remove(first));
    must(ledger->remove(first));
  }
  const auto ledger = must(Ledger::open(scratch / "state"));
  CHECK(must(ledger->outbox()).empty());
  CHECK(failure(ledger->load(first)).code == Errc::state);
  std::vector<Batch> batches{batch_of("{}")};

  must(ledger->commit({}, batches));

  CHECK(batches[0].id > first);
}

TEST_CASE("a batch is replaced by its parts") {
  const auto ledger = must(Ledger::open(""));
  std::vector<Batch> batches{batch_of("{}")};
  must(ledger->commit({}, batches));
  std::vector<Batch> parts{batch_of("1"), batch_of("2")};

  must(ledger->replace(batches[0].id, parts));

  const auto entries = must(ledger->outbox());
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].id == parts[0].id);
  CHECK(must(ledger->load(parts[1].id)).ndjson == "2\n");
}

}  // namespace
}  // namespace anthropic_metrics::ledger
