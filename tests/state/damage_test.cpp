// SPDX-License-Identifier: Apache-2.0
// A state that was damaged between two runs: it is refused with a sentence that names the file and
// what to do, or it is read as it was. It never makes sums wrong in silence, and never crashes.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>

#include "collect/emitter.hpp"
#include "ledger/ledger.hpp"
#include "scratch_folder.hpp"
#include "simulated_transport.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using ledger::Ledger;

namespace {

constexpr int buckets = 60;

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void put(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

const streams::Layout& layout() {
  static const streams::Layout layout = [] {
    streams::Layout made;
    made.texts.push_back({.name = "model", .field = "model"});
    made.counts.push_back({"output_tokens", "output_tokens", true});
    return made;
  }();
  return layout;
}

Instant bucket_at(int number) {
  return Instant(std::chrono::hours(490'000 + number));
}

/// Fills a ledger with a lane, buckets of several rows, some in two parts, and batches that nobody
/// acknowledged.
void fill(Ledger& ledger) {
  REQUIRE(ledger.bind_organization("5e1f5d5c-0000-4000-8000-000000000001").has_value());
  ledger::Lane lane;
  lane.stream = "usage";
  lane.bucket_width = "1h";
  lane.group_by = {"model"};
  lane.origin = lane.cursor = bucket_at(0);
  REQUIRE(ledger.add_lane(lane, 0).has_value());
  Random random(3);
  for (int i = 0; i < buckets; ++i) {
    ledger::BucketRecord record;
    for (int r = 0; r < 6; ++r) {
      ledger::RecordRow row;
      for (auto& byte : row.key)
        byte = static_cast<std::remove_reference_t<decltype(byte)>>(random());
      const std::string model = "claude-" + std::to_string(r);
      row.row.texts[0] = {static_cast<std::uint32_t>(record.text.size()),
                          static_cast<std::uint32_t>(model.size()), streams::Text::State::present};
      record.text += model;
      row.row.counts[0] = pick(random, 0, 1'000'000);
      record.rows.push_back(row);
    }
    ledger::Commit commit;
    commit.lane = lane.id;
    commit.records.push_back({bucket_at(i), ledger::pack(record, layout())});
    if (i % 3 == 0) {
      record.rows.resize(2);
      commit.records.push_back({bucket_at(i), ledger::pack(record, layout()), 1});
    }
    commit.cursor = bucket_at(i + 1);
    std::vector<Batch> batches;
    if (i % 8 == 0) {
      Batch batch;
      batch.stream = "usage";
      for (int d = 0; d < 5; ++d)
        batch.add(R"({"document":)" + std::to_string(i * 10 + d) + "}", std::string(22, 'a'),
                  bucket_at(i));
      batches.push_back(std::move(batch));
    }
    REQUIRE(ledger.commit(commit, batches).has_value());
  }
}

/// Everything the ledger says, as one text; nothing if reading fails.
std::optional<std::string> dump(Ledger& ledger) {
  std::string all;
  const auto organization = ledger.organization();
  if (!organization) return std::nullopt;
  all += *organization + "\n";
  const auto lanes = ledger.lanes("usage");
  if (!lanes) return std::nullopt;
  for (const auto& lane : *lanes)
    all += std::to_string(lane.id) + lane.bucket_width +
           (lane.group_by.empty() ? "" : lane.group_by[0]) +
           std::to_string(lane.origin.time_since_epoch().count()) + " " +
           std::to_string(lane.cursor.time_since_epoch().count()) + (lane.end ? " ended" : "") +
           "\n";
  for (int i = 0; i < buckets; ++i) {
    const auto parts = ledger.parts(1, bucket_at(i));
    if (!parts) return std::nullopt;
    for (std::uint32_t part = 0; part < *parts; ++part) {
      const auto record = ledger.record(1, bucket_at(i), part);
      if (!record) return std::nullopt;
      all += ledger::pack(*record, layout());
    }
  }
  const auto outbox = ledger.outbox();
  if (!outbox) return std::nullopt;
  for (const auto& entry : *outbox) {
    const auto batch = ledger.load(entry.id);
    if (!batch) return std::nullopt;
    all += batch->stream + batch->ndjson + pack_index(*batch);
  }
  return all;
}

enum class Ending { refused, refused_later, intact, unclear, wrong };

/// What becomes of a damaged state.
Ending examine(const std::filesystem::path& state, const std::string& expected) {
  auto ledger = Ledger::open(state.string());
  if (!ledger) {
    const Error& error = ledger.error();
    const bool clear = (error.code == Errc::state || error.code == Errc::busy) &&
                       error.message.find(state.string()) != std::string::npos &&
                       error.message.find("; ") != std::string::npos;
    if (!clear) UNSCOPED_INFO("unclear: " << error.message);
    return clear ? Ending::refused : Ending::unclear;
  }
  const auto found = dump(**ledger);
  if (!found) return Ending::refused_later;
  return *found == expected ? Ending::intact : Ending::wrong;
}

/// A filled state, once orderly closed and once as a crash leaves it, with what it says.
struct Original {
  ScratchFolder folder;
  std::filesystem::path closed = folder / "closed", crashed = folder / "crashed";
  std::string says;

  Original() {
    auto ledger = Ledger::open(closed.string());
    REQUIRE(ledger.has_value());
    fill(**ledger);
    std::filesystem::copy(closed, crashed);
    says = dump(**ledger).value();
  }

  /// A copy to be damaged.
  std::filesystem::path copy(bool of_crash = false) const {
    const auto to = folder / "state";
    std::filesystem::remove_all(to);
    std::filesystem::copy(of_crash ? crashed : closed, to);
    return to;
  }
};

struct Count {
  std::map<Ending, int> of;
  int total = 0;
  void add(Ending outcome) {
    ++of[outcome];
    ++total;
  }
  void print(const char* what) {
    std::cout << what << ": " << total << " cases, " << of[Ending::refused]
              << " refused at the start, " << of[Ending::refused_later] << " when read, "
              << of[Ending::intact] << " intact, " << of[Ending::wrong] << " wrong in silence\n";
  }
};

}  // namespace

TEST_CASE("a state that was not damaged is read as it was, also as a crash left it") {
  const Original original;
  CHECK(examine(original.copy(), original.says) == Ending::intact);
  CHECK(examine(original.copy(true), original.says) == Ending::intact);
}

TEST_CASE("a truncated database is refused") {
  const Original original;
  const std::string whole = contents(original.closed / "ledger.db");
  Count count;
  for (std::size_t length = 1; length < whole.size(); length += length < 200 ? 1 : 509) {
    CAPTURE(length);
    const auto state = original.copy();
    put(state / "ledger.db", std::string_view(whole).substr(0, length));
    const auto outcome = examine(state, original.says);
    count.add(outcome);
    CHECK(outcome == Ending::refused);
  }
  count.print("truncated database");
}

TEST_CASE("a flipped bit of the database is noticed or without effect") {
  const Original original;
  const std::string whole = contents(original.closed / "ledger.db");
  Random random(5);
  Count count;
  for (std::size_t i = 0; i < 2400; ++i) {
    // Every bit of the header, then bits anywhere.
    const std::size_t bit = i < 800 ? i : static_cast<std::size_t>(random() % (whole.size() * 8));
    CAPTURE(bit / 8, bit % 8);
    const auto state = original.copy();
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    put(state / "ledger.db", bytes);
    const auto outcome = examine(state, original.says);
    count.add(outcome);
    CHECK(outcome != Ending::unclear);
    CHECK(outcome != Ending::wrong);
  }
  count.print("flipped bits");
}

TEST_CASE("a write-ahead log that lost its end is a shorter history, not a wrong one") {
  const Original original;
  const std::string wal = contents(original.crashed / "ledger.db-wal");
  REQUIRE(wal.size() > 10'000);
  Count count;
  for (std::size_t length = 0; length < wal.size(); length += 4096 + 11) {
    const auto state = original.copy(true);
    put(state / "ledger.db-wal", std::string_view(wal).substr(0, length));
    auto ledger = Ledger::open(state.string());
    if (!ledger) {
      CHECK(ledger.error().code == Errc::state);
      count.add(Ending::refused);
      continue;
    }
    // As many buckets as the cursor says: a prefix of the transactions.
    const auto lanes = (*ledger)->lanes("usage");
    REQUIRE(lanes.has_value());
    const auto cursor = lanes->empty() ? bucket_at(0) : lanes->front().cursor;
    bool prefix = true;
    for (int i = 0; i < buckets; ++i) {
      const auto record = (*ledger)->record(1, bucket_at(i));
      REQUIRE(record.has_value());
      prefix = prefix && record->rows.empty() == (bucket_at(i) >= cursor);
    }
    CHECK(prefix);
    count.add(prefix ? Ending::intact : Ending::wrong);
  }
  count.print("truncated write-ahead log");
}

TEST_CASE("databases that are not ours are refused and left alone") {
  const Original original;
  struct Case {
    const char* what;
    std::function<std::string()> bytes;
    const char* says;
  };
  const auto made_by = [&](const char* sql) {
    const auto file = (original.folder / "other.db").string();
    std::filesystem::remove(file);
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    REQUIRE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(handle);
    return contents(file);
  };
  const std::vector<Case> cases{
      {"zeros", [] { return std::string(8192, '\0'); }, "damaged"},
      {"text", [] { return std::string(5000, 'x'); }, "damaged"},
      {"foreign", [&] { return made_by("CREATE TABLE t(a); PRAGMA user_version=1"); },
       "something else"},
      {"future",
       [&] {
         const auto state = original.copy();
         sqlite3* handle = nullptr;
         REQUIRE(sqlite3_open((state / "ledger.db").c_str(), &handle) == SQLITE_OK);
         REQUIRE(sqlite3_exec(handle, "PRAGMA user_version=99", nullptr, nullptr, nullptr) ==
                 SQLITE_OK);
         sqlite3_close(handle);
         return contents(state / "ledger.db");
       },
       "schema version 99"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const std::string bytes = one.bytes();
    const auto state = original.copy();
    put(state / "ledger.db", bytes);
    auto ledger = Ledger::open(state.string());
    REQUIRE(!ledger.has_value());
    CAPTURE(ledger.error().message);
    CHECK(ledger.error().code == Errc::state);
    CHECK(ledger.error().message.find("ledger.db") != std::string::npos);
    CHECK(ledger.error().message.find(one.says) != std::string::npos);
    // The header may say another journal mode; what is stored stays.
    CHECK((contents(state / "ledger.db").substr(100) ==
           bytes.substr(std::min<std::size_t>(100, bytes.size()))));
  }
}

TEST_CASE("a lock file that a dead process left does not matter, a living one does") {
  const Original original;
  const auto state = original.copy();
  put(state / "lock", "12345\n");
  CHECK(examine(state, original.says) == Ending::intact);
  const auto holder = Ledger::open(state.string());
  REQUIRE(holder.has_value());
  const auto second = Ledger::open(state.string());
  REQUIRE(!second.has_value());
  CHECK(second.error().code == Errc::busy);
  CHECK(second.error().message.find(state.string()) != std::string::npos);
}

TEST_CASE("a state directory that is a file, or somebody else's, or whose database is a link") {
  const Original original;
  const auto state = original.copy();
  const auto refused = [&](const std::filesystem::path& path, const char* says) {
    const auto ledger = Ledger::open(path.string());
    REQUIRE(!ledger.has_value());
    CAPTURE(ledger.error().message);
    CHECK(ledger.error().code == Errc::state);
    CHECK(ledger.error().message.find(path.string()) != std::string::npos);
    CHECK(ledger.error().message.find(says) != std::string::npos);
  };
  put(original.folder / "file", "in the way");
  refused(original.folder / "file", "not a directory");
  std::filesystem::rename(state / "ledger.db", original.folder / "elsewhere.db");
  std::filesystem::create_symlink(original.folder / "elsewhere.db", state / "ledger.db");
  refused(state, "ledger.db");
  if (::geteuid() == 0) {
    const auto theirs = original.copy();
    REQUIRE(::chown(theirs.c_str(), 12345, 12345) == 0);
    refused(theirs, "belongs to user 12345");
  } else {
    const auto closed = original.copy();
    std::filesystem::permissions(closed / "ledger.db", std::filesystem::perms::owner_read);
    refused(closed, "permissions");
  }
}

TEST_CASE("an empty database beside nothing else is a new one") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "state");
  put(folder / "state/ledger.db", "");
  auto ledger = Ledger::open((folder / "state").string());
  REQUIRE(ledger.has_value());
  CHECK((*ledger)->lanes("usage")->empty());
}
