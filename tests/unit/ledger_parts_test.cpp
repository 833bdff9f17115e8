// SPDX-License-Identifier: Apache-2.0
// Buckets whose record is in several parts: written, read, forgotten and checked like others.
#include "ledger/ledger.hpp"
#include "older_state.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::at;
using test::contains;
using test::failure;
using test::must;

Instant hour(int number) {
  return at("2026-09-01T00:00:00Z") + std::chrono::hours(number);
}

/// A record with one row of that many tokens, packed.
std::string record_of(std::int64_t tokens) {
  BucketRecord record;
  record.rows.emplace_back().row.counts[0] = tokens;
  streams::Layout layout;
  layout.counts.push_back({"t", "t", true});
  return pack(record, layout);
}

/// A state with a lane, and what was written to it.
struct State {
  test::Scratch scratch;
  std::string path = scratch / "state";
  std::unique_ptr<Ledger> ledger = must(Ledger::open(path));
  Lane lane;

  State() {
    lane.stream = "usage";
    lane.bucket_width = "1h";
    lane.group_by = {"model"};
    lane.origin = lane.cursor = hour(0);
    must(ledger->add_lane(lane, 0));
  }
  void write(Instant bucket, std::uint32_t part, std::int64_t tokens) {
    Commit commit;
    commit.lane = lane.id;
    commit.records.push_back({bucket, record_of(tokens), part});
    std::vector<Batch> none;
    must(ledger->commit(commit, none));
  }
  std::int64_t tokens(Instant bucket, std::uint32_t part) {
    const auto record = must(ledger->record(lane.id, bucket, part));
    return record.rows.empty() ? 0 : record.rows.at(0).row.counts[0];
  }
  void reopen() {
    ledger.reset();
    ledger = must(Ledger::open(path));
  }
  /// Changes the database while no ledger has it open.
  void change(const std::string& sql) {
    ledger.reset();
    must(must(Database::open(path)).execute(sql.c_str()));
  }
};

TEST_CASE("parts of a bucket are replaced one by one, and survive") {
  State state;
  for (const std::uint32_t part : {0u, 1u, 2u}) state.write(hour(1), part, 10 + part);
  state.write(hour(2), 0, 20);
  state.write(hour(1), 1, 77);
  state.reopen();

  CHECK(must(state.ledger->parts(state.lane.id, hour(1))) == 3);
  CHECK(must(state.ledger->parts(state.lane.id, hour(2))) == 1);
  CHECK(state.tokens(hour(1), 0) == 10);
  CHECK(state.tokens(hour(1), 1) == 77);
  CHECK(state.tokens(hour(1), 2) == 12);
  CHECK(state.tokens(hour(1), 3) == 0);
  CHECK(state.tokens(hour(2), 1) == 0);
}

TEST_CASE("a bucket that is forgotten leaves no part behind") {
  State state;
  for (const int number : {-2, -1, 0, 1, 2})
    for (const std::uint32_t part : {0u, 1u}) state.write(hour(number), part, 7);
  const auto known = [&] {
    std::vector<int> parts;
    for (int number = -2; number < 3; ++number)
      parts.push_back((state.tokens(hour(number), 0) != 0 ? 1 : 0) +
                      (state.tokens(hour(number), 1) != 0 ? 2 : 0));
    return parts;
  };

  must(state.ledger->forget(state.lane.id, hour(2)));
  CHECK(known() == std::vector<int>{3, 3, 0, 0, 3});

  Commit window;
  window.lane = state.lane.id;
  window.origin = hour(-2);
  std::vector<Batch> none;
  must(state.ledger->commit(window, none));
  CHECK(known() == std::vector<int>{0, 0, 0, 0, 3});
}

TEST_CASE(
    "a part that is damaged or moved is refused at the start, one that is missing when read") {
  State state;
  for (const std::uint32_t part : {0u, 1u, 2u}) state.write(hour(1), part, 7);

  SECTION("damaged or moved") {
    const char* const sql = GENERATE("UPDATE bucket_part SET record=x'0102' WHERE part=1",
                                     "UPDATE bucket_part SET part=9 WHERE part=2",
                                     "UPDATE bucket_part SET start=start+3600");
    state.change(sql);
    const Error error = failure(Ledger::open(state.path));
    CHECK(error.code == Errc::state);
    CHECK(contains(error.message, "differ from their checksums"));
  }
  SECTION("missing") {
    state.change("DELETE FROM bucket_part WHERE part=1");
    state.ledger = must(Ledger::open(state.path));
    const Error error = failure(state.ledger->parts(state.lane.id, hour(1)));
    CHECK(error.code == Errc::state);
    CHECK(contains(error.message, "2026-09-01T01:00:00Z lacks a part"));
  }
}

TEST_CASE("a state of the second version is brought forward, and its buckets can have parts") {
  State state;
  state.write(hour(1), 0, 7);
  state.change(test::to_version_2);

  state.ledger = must(Ledger::open(state.path));
  CHECK(state.tokens(hour(1), 0) == 7);
  CHECK(must(state.ledger->parts(state.lane.id, hour(1))) == 1);
  state.write(hour(1), 1, 8);
  state.reopen();
  CHECK(state.tokens(hour(1), 1) == 8);
}

}  // namespace
}  // namespace anthropic_metrics::ledger
