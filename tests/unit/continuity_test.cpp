// SPDX-License-Identifier: Apache-2.0
// A copy of the state that was put back: what was handed out since is remembered by the lock, which
// may have been put back too, and by the host's outputs, which were not.
#include "ledger/continuity.hpp"

#include "ledger/ledger.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::contains;
using test::must;
using test::Scratch;
namespace fs = std::filesystem;

struct Story {
  Scratch scratch;
  std::string path = scratch / "state";
  std::string notice = path + "/went-back.txt";

  /// Opens, hands `batches` out, acknowledges them, closes; what the outputs remember then.
  Seen run(int batches, const std::optional<Seen>& outputs = {}) {
    auto ledger = must(Ledger::open(path, outputs));
    if (must(ledger->lanes("usage")).empty()) {
      Lane lane;
      lane.stream = "usage";
      lane.bucket_width = "1h";
      must(ledger->add_lane(lane, 0));
    }
    for (int i = 0; i < batches; ++i) {
      Commit commit;
      commit.lane = 1;
      std::vector<Batch> made(1);
      made[0].stream = "usage";
      made[0].add("{}", std::string(22, 'a'), test::at("2026-01-01T00:00:00Z"));
      must(ledger->commit(commit, made));
      must(ledger->handing_out(made[0].id));
      must(ledger->remove(made[0].id));
    }
    return ledger->seen();
  }
  void save() { fs::copy(path, scratch / "copy", fs::copy_options::recursive); }
  void restore(bool whole) {
    for (const char* file : {"ledger.db", "lock"})
      if (whole || std::string(file) != "lock")
        fs::copy_file(scratch / "copy/" + file, path + "/" + file,
                      fs::copy_options::overwrite_existing);
  }
};

TEST_CASE("a state that goes on where it was left is quiet") {
  Story story;
  const Seen first = story.run(3);
  CHECK(first.batch == 3);
  CHECK(first.state.size() == 32);
  const Seen second = story.run(2, first);
  CHECK(second == Seen{first.state, 5});
  auto ledger = must(Ledger::open(story.path, second));
  CHECK_FALSE(ledger->went_back());
  CHECK_FALSE(ledger->another_state());
  CHECK_FALSE(fs::exists(story.notice));
}

TEST_CASE("a batch that was handed out and not acknowledged is no step back") {
  Story story;
  Seen seen;
  {
    story.run(1);
    auto ledger = must(Ledger::open(story.path));
    Commit commit;
    commit.lane = 1;
    std::vector<Batch> made(1);
    made[0].stream = "usage";
    made[0].add("{}", std::string(22, 'a'), test::at("2026-01-01T00:00:00Z"));
    must(ledger->commit(commit, made));
    must(ledger->handing_out(made[0].id));
    seen = ledger->seen();
  }
  CHECK_FALSE(must(Ledger::open(story.path, seen))->went_back());
}

TEST_CASE("an older copy is noticed, by the lock or by the outputs, and said with both numbers") {
  Story story;
  story.run(2);
  story.save();
  const Seen outputs = story.run(5);
  const bool whole = GENERATE(false, true);
  CAPTURE(whole);
  story.restore(whole);

  auto ledger = must(Ledger::open(story.path, whole ? std::optional(outputs) : std::nullopt));

  const auto text = ledger->went_back();
  REQUIRE(text);
  CHECK(contains(*text, "newest batch is 2"));
  CHECK(contains(*text, "saw batch 7"));
  CHECK(contains(*text, whole ? "output" : "lock"));
  CHECK(contains(*text, story.path));
  CHECK(contains(*text, "remove " + story.notice));

  SECTION("it is said again after a restart, although numbers go on behind what was seen") {
    ledger.reset();
    const Seen later = story.run(1, outputs);
    CHECK(later == Seen{outputs.state, 8});
    ledger = must(Ledger::open(story.path, later));
    CHECK(ledger->went_back() == text);
  }
  SECTION("removing the notice acknowledges it, at once and for good") {
    fs::remove(story.notice);
    CHECK_FALSE(ledger->went_back());
    ledger.reset();
    CHECK_FALSE(must(Ledger::open(story.path, outputs))->went_back());
  }
  SECTION("the same copy put back once more is noticed once more") {
    ledger.reset();
    fs::remove(story.notice);
    const Seen later = story.run(1, outputs);
    story.restore(whole);
    CHECK(must(Ledger::open(story.path, later))->went_back());
  }
}

TEST_CASE("the database of another state beside a lock is noticed") {
  Story mine, other;
  mine.run(3);
  other.run(9);
  fs::copy_file(other.path + "/ledger.db", mine.path + "/ledger.db",
                fs::copy_options::overwrite_existing);

  const auto text = must(Ledger::open(mine.path))->went_back();

  REQUIRE(text);
  CHECK(contains(*text, "is not the one that was here"));
}

TEST_CASE("outputs of a state that was moved away are told of, and nothing is wrong") {
  Story story;
  const Seen outputs = story.run(4);
  fs::remove_all(story.path);

  auto ledger = must(Ledger::open(story.path, outputs));

  CHECK_FALSE(ledger->went_back());
  REQUIRE(ledger->another_state());
  CHECK(contains(*ledger->another_state(), outputs.state));
  CHECK(contains(*ledger->another_state(), "batch 4"));
}

TEST_CASE("a state that an older build wrote gets an id and is quiet") {
  Story story;
  story.run(3);
  {
    Database database = must(Database::open(story.path));
    must(database.execute("DELETE FROM meta WHERE name='state'"));
  }
  test::write(story.path + "/lock", "holds state\n");

  CHECK_FALSE(must(Ledger::open(story.path))->went_back());
  CHECK(story.run(1).batch == 4);
}

TEST_CASE("in memory there is nothing to compare") {
  auto ledger = must(Ledger::open("", Seen{std::string(32, 'a'), 7}));
  CHECK_FALSE(ledger->went_back());
  must(ledger->handing_out(1));
}

}  // namespace
}  // namespace anthropic_metrics::ledger
