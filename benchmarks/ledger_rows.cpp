// SPDX-License-Identifier: Apache-2.0
// A ledger of many rows: made through its own interface, then opened, and asked about a thousand
// rows that did not change. Prints its figures as one JSON object.
// Usage: bench_ledger_rows FOLDER [ROWS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "collect/emitter.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {
namespace {

constexpr int rows_per_bucket = 200;
constexpr int buckets_per_commit = 200;
constexpr int buckets_per_poll = 5;  // A thousand rows.
const Instant first{std::chrono::sys_days(std::chrono::year(2026) / 9 / 1)};

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench_ledger_rows: {}\n", why);
  std::exit(1);
}

template <class T>
T expect(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}
void expect(const Result<void>& result) {
  if (!result) fail(result.error().message);
}

streams::StreamSettings settings() {
  streams::StreamSettings settings;
  settings.bucket_width = std::string("1m");  // GCC 12 at -O3 sees a literal read before it is made
  settings.group_by = {"inference_geo", "model", "service_tier", "workspace_id"};
  return settings;
}

/// What is grouped by, and what the API would say of it.
class World {
 public:
  World() : fetcher_(streams::find("usage")->make(settings(), "2023-06-01")) {
    lane.stream = "usage";
    lane.bucket_width = settings().bucket_width;
    lane.group_by = settings().group_by;
  }

  const streams::Layout& layout() const { return fetcher_->layout(); }

  streams::Bucket bucket(std::int64_t number) const {
    streams::Bucket bucket;
    bucket.start = first + std::chrono::minutes(number);
    bucket.end = bucket.start + std::chrono::minutes(1);
    bucket.rows = streams::PackedRows(layout().texts.size(), layout().counts.size());
    for (int r = 0; r < rows_per_bucket; ++r) {
      streams::Row row;
      for (std::size_t i = 0; i < layout().texts.size(); ++i) {
        const std::string& name = layout().texts[i].name;
        if (std::count(lane.group_by.begin(), lane.group_by.end(), name) == 0) continue;
        row.texts[i] = bucket.keep(fmt::format("{}_01Invented{:08}", name.substr(0, 6), r / 8));
        if (name == "model") row.texts[i] = bucket.keep(fmt::format("claude-sonnet-{}", r % 8));
      }
      for (std::size_t i = 0; i < layout().counts.size(); ++i)
        row.counts[i] = r * static_cast<std::int64_t>(31 + 977 * i) + number % 1000;
      bucket.rows.push_back(row);
    }
    return bucket;
  }

  ledger::Lane lane;

 private:
  std::unique_ptr<streams::Fetcher> fetcher_;
};

ledger::BucketRecord record_of(const streams::Bucket& bucket, RowKeys& keys) {
  ledger::BucketRecord record;
  record.text = bucket.rows.text();
  keys.begin(bucket.start.time_since_epoch().count());
  for (const streams::Row& row : bucket.rows) {
    ledger::RecordRow& entry = record.rows.emplace_back();
    entry.key = keys.of(record.text, row);
    entry.row = row;
  }
  return record;
}

void fill(const std::string& folder, World& world, std::int64_t buckets) {
  const auto ledger = expect(ledger::Ledger::open(folder));
  expect(ledger->add_lane(world.lane, 0));
  RowKeys keys(
      world.layout(),
      {"org", settings().dataset_of("usage"), world.lane.bucket_width, world.lane.group_by, {}});
  std::vector<Batch> none;
  for (std::int64_t at = 0; at < buckets;) {
    ledger::Commit commit;
    commit.lane = world.lane.id;
    for (int i = 0; i < buckets_per_commit && at < buckets; ++i, ++at) {
      const streams::Bucket bucket = world.bucket(at);
      commit.records.push_back(
          {bucket.start, ledger::pack(record_of(bucket, keys), world.layout()), 0});
    }
    expect(ledger->commit(commit, none));
  }
}

/// Opens and closes it; milliseconds of the opening.
double open(const std::string& folder) {
  const auto begin = Clock::now();
  const auto ledger = expect(ledger::Ledger::open(folder));
  return milliseconds(Clock::now() - begin);
}

double open_median(const std::string& folder) {
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(open(folder));
  return median(std::move(times));
}

struct Unchanged {
  double poll_ms = 0;  ///< Of a thousand rows.
  double read_ms = 0;  ///< To read what is known of them, and to check it.
};

Unchanged unchanged(const std::string& folder, const World& world, std::int64_t buckets) {
  const auto ledger = expect(ledger::Ledger::open(folder));
  Delivery delivery(*ledger, 1'000'000, false, Milliseconds(0), nullptr);
  Emitter emitter(*streams::find("usage"), settings(), world.layout(), "org", world.lane, *ledger,
                  delivery, 1000, 1 << 20);
  std::mt19937_64 random(1);
  std::vector<double> polls, reads;
  for (int turn = 0; turn < 200; ++turn) {
    const auto from = static_cast<std::int64_t>(
        random() % static_cast<std::uint64_t>(buckets - buckets_per_poll));
    std::vector<streams::Bucket> page;
    for (std::int64_t i = 0; i < buckets_per_poll; ++i) page.push_back(world.bucket(from + i));
    auto begin = Clock::now();
    emitter.begin(std::move(page));
    std::int64_t made = 0;
    while (emitter.more()) made += expect(emitter.next(first)).documents;
    polls.push_back(milliseconds(Clock::now() - begin));
    if (made != 0) fail(fmt::format("{} rows of bucket {} are not known", made, from));
    begin = Clock::now();
    std::size_t rows = 0;
    for (std::int64_t i = 0; i < buckets_per_poll; ++i)
      rows +=
          expect(ledger->record(world.lane.id, first + std::chrono::minutes(from + i))).rows.size();
    reads.push_back(milliseconds(Clock::now() - begin));
    if (rows != buckets_per_poll * rows_per_bucket) fail("rows are missing");
  }
  return {median(std::move(polls)), median(std::move(reads))};
}

int run(const std::filesystem::path& folder, std::int64_t rows) {
  const std::int64_t buckets = std::max<std::int64_t>(rows / rows_per_bucket, 10);
  World world;
  const std::string full = folder / "full", empty = folder / "empty";
  open(empty);
  fill(full, world, buckets);
  const double quick = open_median(full), least = open_median(empty);
  const Unchanged poll = unchanged(full, world, buckets);
  // As after a write by somebody else.
  std::filesystem::last_write_time(full + "/ledger.db",
                                   std::filesystem::file_time_type::clock::now());
  const double whole = open(full);
  fmt::print(
      "{{\"open_ms\": {:.3f}, \"open_empty_ms\": {:.3f}, \"open_whole_ms\": {:.3f}, "
      "\"unchanged_ms\": {:.3f}, \"read_ms\": {:.3f}}}\n",
      quick, least, whole, poll.poll_ms, poll.read_ms);
  return 0;
}

}  // namespace
}  // namespace anthropic_metrics

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  return anthropic_metrics::run(argv[1], argc > 2 ? std::atoll(argv[2]) : 10'000'000);
}
