// SPDX-License-Identifier: Apache-2.0
// One stage of a document's way, for instructions.py, which counts the instructions of two runs:
//   instructions STAGE BUCKETS ROWS
// Without arguments it says which compiler made it.
#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collect/emitter.hpp"
#include "null_handler.hpp"
#include "streams/registry.hpp"
#include "usage_page.hpp"

namespace anthropic_metrics {
namespace {

constexpr std::size_t piece = 64 * 1024;

[[noreturn]] void stop(std::string_view why) {
  fmt::print(stderr, "instructions: {}\n", why);
  std::exit(1);
}

void parse(const std::string& text) {
  boost::json::basic_parser<NullHandler> parser{boost::json::parse_options{}};
  boost::system::error_code ec;
  for (std::size_t at = 0; at < text.size(); at += piece)
    parser.write_some(true, text.data() + at, std::min(piece, text.size() - at), ec);
  if (!parser.done()) stop("the page is no JSON");
}

class Stages {
 public:
  /// Each says how many rows or documents it had.
  std::size_t decode(std::string_view text) {
    std::size_t rows = 0;
    read(text, [&](const std::vector<streams::Bucket>& found) {
      for (const streams::Bucket& bucket : found) rows += bucket.rows.size();
    });
    return rows;
  }

  std::size_t shape(std::string_view text) {
    DocumentWriter writer(fetcher_->layout(), usage_constants());
    std::size_t documents = 0;
    std::string out;
    read(text, [&](const std::vector<streams::Bucket>& found) {
      out.clear();
      streams::Row row;
      DocumentValues values;
      values.id = "AAAAAAAAAAAAAAAAAAAAAA";
      values.counts_present = ~0u;
      values.row = &row;
      values.counts = row.counts.data();
      for (const streams::Bucket& bucket : found)
        for (std::size_t i = 0; i < bucket.rows.size(); ++i) {
          bucket.rows.read(i, row);
          values.timestamp = values.start = bucket.start;
          values.end = bucket.end;
          values.text = &bucket.rows.text();
          out += writer.write(values);
          out += '\n';
          ++documents;
        }
    });
    return documents;
  }

  /// Through ledger and outbox, which are in memory: what a disk costs is no matter of
  /// instructions.
  std::size_t ledger(std::string_view text) {
    auto ledger = ledger::Ledger::open("");
    if (!ledger) stop(ledger.error().message);
    Delivery delivery(**ledger, 1'000'000, false, Milliseconds(0), nullptr);
    ledger::Lane lane;
    lane.stream = "usage";
    lane.bucket_width = std::string("1m");
    lane.group_by = settings_.group_by;
    if (!(*ledger)->add_lane(lane, 0)) stop("no lane");
    Emitter emitter(*streams::find("usage"), settings_, fetcher_->layout(), "org", lane, **ledger,
                    delivery, 1000, 1 << 20);
    std::size_t documents = 0;
    read(text, [&](std::vector<streams::Bucket> found) {
      emitter.begin(std::move(found));
      while (emitter.more())
        if (!emitter.next(first_bucket + std::chrono::hours(3))) stop("nothing was emitted");
      for (auto batch = delivery.hand_out({}); batch && *batch != nullptr;
           batch = delivery.hand_out({})) {
        documents += (*batch)->documents.size();
        if (!delivery.acknowledge((*batch)->id, AckOutcome::durable, 0)) stop("no acknowledgement");
      }
    });
    return documents;
  }

 private:
  template <class Use>
  void read(std::string_view text, Use use) {
    const auto decoder = fetcher_->decoder();
    for (std::size_t at = 0; at < text.size(); at += piece) {
      if (!decoder->feed(text.substr(at, piece))) stop("the page is no report");
      use(decoder->take());
    }
  }

  const streams::StreamSettings settings_ = usage_settings();
  std::unique_ptr<streams::Fetcher> fetcher_ =
      streams::find("usage")->make(settings_, "2023-06-01");
};

}  // namespace
}  // namespace anthropic_metrics

int main(int argc, char** argv) {
  using namespace anthropic_metrics;
  if (argc == 1) {
#if defined(__clang__)
    fmt::print("Clang {}.{}", __clang_major__, __clang_minor__);
#else
    fmt::print("GNU {}.{}", __GNUC__, __GNUC_MINOR__);
#endif
#if defined(__x86_64__) && !defined(__SSE3__)
    fmt::print(", x86-64");
#else
    fmt::print(", another processor");
#endif
#if !defined(NDEBUG)
    fmt::print(", with assertions");
#endif
    fmt::print("\n");
    return 0;
  }
  if (argc != 4) stop("expected a stage, buckets and rows");
  const std::string_view stage = argv[1];
  const int buckets = std::atoi(argv[2]), rows = std::atoi(argv[3]);
  const std::string text = usage_page(buckets, rows);
  const auto expected = static_cast<std::size_t>(buckets * rows);
  std::size_t had = expected;
  if (stage == "parse")
    parse(text);
  else if (stage == "page")
    had = expected;
  else if (stage == "decode")
    had = Stages().decode(text);
  else if (stage == "shape")
    had = Stages().shape(text);
  else if (stage == "ledger")
    had = Stages().ledger(text);
  else
    stop("no such stage");
  if (had != expected) stop(fmt::format("{} documents instead of {}", had, expected));
  return 0;
}
