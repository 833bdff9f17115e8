// SPDX-License-Identifier: Apache-2.0
// Where the time of one document goes: parsing alone (the limit), decoding, writing documents,
// ledger and outbox. One day of one-minute buckets with 200 rows each is the yardstick; the page
// here holds a part of it, since memory does not grow with the page.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/basic_parser_impl.hpp>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "collect/emitter.hpp"
#include "null_handler.hpp"
#include "streams/registry.hpp"
#include "usage_page.hpp"

namespace anthropic_metrics {
namespace {

constexpr int buckets = 120;
constexpr int rows_per_bucket = 200;

std::string page(int generation) {
  return usage_page(buckets, rows_per_bucket, generation);
}

void finish(benchmark::State& state, const std::string& text) {
  const auto documents = state.iterations() * buckets * rows_per_bucket;
  state.SetItemsProcessed(documents);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void parse_only(benchmark::State& state) {
  const std::string text = page(0);
  for (auto _ : state) {
    boost::json::basic_parser<NullHandler> parser{boost::json::parse_options{}};
    boost::system::error_code ec;
    for (std::size_t at = 0; at < text.size(); at += 65536)
      parser.write_some(true, text.data() + at, std::min<std::size_t>(65536, text.size() - at), ec);
    benchmark::DoNotOptimize(parser.done());
  }
  finish(state, text);
}
BENCHMARK(parse_only)->Unit(benchmark::kMillisecond);

/// What no collector can do without: the page once, and about twice as many octets of documents.
void copy_only(benchmark::State& state) {
  const std::string text = page(0);
  std::vector<char> out(2 * text.size());
  for (auto _ : state) {
    std::memcpy(out.data(), text.data(), text.size());
    std::memcpy(out.data() + text.size(), text.data(), text.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish(state, text);
}
BENCHMARK(copy_only)->Unit(benchmark::kMillisecond);

template <class Use>
void decode(const streams::Fetcher& fetcher, std::string_view text, Use use) {
  const auto decoder = fetcher.decoder();
  for (std::size_t at = 0; at < text.size(); at += 65536) {
    if (!decoder->feed(text.substr(at, 65536))) std::abort();
    use(decoder->take());
  }
}

void decode_only(benchmark::State& state) {
  const std::string text = page(0);
  const auto fetcher = streams::find("usage")->make(usage_settings(), "2023-06-01");
  for (auto _ : state)
    decode(*fetcher, text, [](const auto& found) { benchmark::DoNotOptimize(found.data()); });
  finish(state, text);
}
BENCHMARK(decode_only)->Unit(benchmark::kMillisecond);

/// What the API's writer needs beside decoding: one document per row.
void decode_and_write(benchmark::State& state) {
  const std::string text = page(0);
  const auto fetcher = streams::find("usage")->make(usage_settings(), "2023-06-01");
  DocumentWriter writer(fetcher->layout(), usage_constants());
  std::string out;
  for (auto _ : state) {
    decode(*fetcher, text, [&](const std::vector<streams::Bucket>& found) {
      out.clear();
      streams::Row row;
      for (const auto& bucket : found)
        for (std::size_t i = 0; i < bucket.rows.size(); ++i) {
          bucket.rows.read(i, row);
          DocumentValues values;
          values.id = "AAAAAAAAAAAAAAAAAAAAAA";
          values.timestamp = values.start = bucket.start;
          values.end = bucket.end;
          values.text = &bucket.rows.text();
          values.row = &row;
          values.counts = row.counts.data();
          values.counts_present = ~0u;
          out += writer.write(values);
          out += '\n';
        }
      benchmark::DoNotOptimize(out.data());
    });
  }
  finish(state, text);
}
BENCHMARK(decode_and_write)->Unit(benchmark::kMillisecond);

/// What durable documents cost at least: they are appended to a file, a batch at a time, and one
/// fdatasync makes them last.
void write_and_sync(benchmark::State& state) {
  const std::string text = page(0);
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("am_bench_{}.out", ::getpid());
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return state.SkipWithError("no file");
  constexpr std::size_t batch = 1 << 20;
  for (auto _ : state) {
    // The file does not grow for ever.
    if (::ftruncate(file, 0) != 0 || ::lseek(file, 0, SEEK_SET) != 0) std::abort();
    for (std::size_t left = 2 * text.size(); left > 0;) {
      const auto wrote = ::write(file, text.data(), std::min({batch, left, text.size()}));
      if (wrote <= 0) std::abort();
      left -= static_cast<std::size_t>(wrote);
    }
    if (::fdatasync(file) != 0) std::abort();
  }
  ::close(file);
  std::filesystem::remove(path);
  finish(state, text);
}
BENCHMARK(write_and_sync)->Unit(benchmark::kMillisecond);

enum class Data : std::int64_t { unchanged, corrected, fresh };

/// The whole way into the outbox and out by acknowledgement, on disk or in memory: of rows that the
/// ledger does not know yet, that differ from what it knows, or that do not.
void emit(benchmark::State& state) {
  const bool disk = state.range(0) == 1;
  const auto data = static_cast<Data>(state.range(1));
  const auto fetcher = streams::find("usage")->make(usage_settings(), "2023-06-01");
  const auto directory =
      std::filesystem::temp_directory_path() / fmt::format("am_bench_{}", ::getpid());
  std::filesystem::remove_all(directory);
  auto ledger = ledger::Ledger::open(disk ? directory.string() : "");
  if (!ledger) return state.SkipWithError(ledger.error().message.c_str());
  Delivery delivery(**ledger, 1'000'000, false, Milliseconds(0), nullptr);
  ledger::Lane lane;
  lane.stream = "usage";
  lane.bucket_width = std::string("1m");  // GCC 12 at -O3 sees a literal read before it is made
  lane.group_by = usage_settings().group_by;
  if (!(*ledger)->add_lane(lane, 0)) return state.SkipWithError("no lane");
  Emitter emitter(*streams::find("usage"), usage_settings(), fetcher->layout(), "org", lane,
                  **ledger, delivery, 1000, 1 << 20);
  const std::string even = page(0), odd = page(1);
  std::int64_t turn = 0;
  const auto collect = [&] {
    const auto later = std::chrono::minutes(data == Data::fresh ? turn * buckets : 0);
    std::vector<streams::Bucket> held;
    const auto hand_on = [&] {
      emitter.begin(std::exchange(held, {}));
      while (emitter.more())
        if (!emitter.next(first_bucket + std::chrono::hours(3))) std::abort();
    };
    decode(*fetcher, data == Data::corrected && turn % 2 == 1 ? odd : even, [&](auto found) {
      for (auto& bucket : found) {
        bucket.start += later;
        bucket.end += later;
        held.push_back(std::move(bucket));
      }
      // As the driver does: a batch's worth at a time.
      if (held.size() * rows_per_bucket >= 1000) hand_on();
    });
    hand_on();
    ++turn;
    std::size_t documents = 0;
    for (auto batch = delivery.hand_out({}); batch && *batch != nullptr;
         batch = delivery.hand_out({})) {
      documents += (*batch)->documents.size();
      if (!delivery.acknowledge((*batch)->id, AckOutcome::durable, 0)) std::abort();
    }
    return documents;
  };
  // What it makes is looked at before it is timed.
  const auto expected = [&](bool changed) {
    return static_cast<std::size_t>(changed ? buckets * rows_per_bucket : 0);
  };
  if (collect() != expected(true) || collect() != expected(data != Data::unchanged))
    return state.SkipWithError("another number of documents than of rows that changed");
  for (auto _ : state) collect();
  finish(state, even);
  ledger->reset();
  if (disk && data == Data::fresh) {
    const double bytes = static_cast<double>(std::filesystem::file_size(directory / "ledger.db"));
    state.counters["db_MB_per_Mrow"] =
        bytes / static_cast<double>(turn * buckets * rows_per_bucket);
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK(emit)
    ->ArgNames({"disk", "data"})
    ->Args({0, static_cast<std::int64_t>(Data::fresh)})
    ->Args({1, static_cast<std::int64_t>(Data::fresh)})
    ->Args({1, static_cast<std::int64_t>(Data::corrected)})
    ->Args({1, static_cast<std::int64_t>(Data::unchanged)})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace anthropic_metrics
