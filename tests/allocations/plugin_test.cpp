// SPDX-License-Identifier: Apache-2.0
// A document costs no memory of its own on its way: what is asked for is asked for by piece, by
// bucket, by batch. So twice the rows in as many buckets ask for little more.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/time_text.hpp"
#include "catch_result.hpp"
#include "collect/emitter.hpp"
#include "counted_allocations.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::test {
namespace {

constexpr int buckets = 40;
/// Each different one is kept once in a bucket, and once in its record.
constexpr int models = 20, workspaces = 20;
const Instant first{std::chrono::sys_days(std::chrono::year(2026) / 9 / 1)};

std::string page(int rows) {
  std::string out = R"({"data":[)";
  for (int b = 0; b < buckets; ++b) {
    out += fmt::format(R"({}{{"starting_at":"{}","ending_at":"{}","results":[)", b ? "," : "",
                       format_rfc3339(first + std::chrono::minutes(b)),
                       format_rfc3339(first + std::chrono::minutes(b + 1)));
    for (int r = 0; r < rows; ++r)
      out += fmt::format(
          R"({}{{"uncached_input_tokens":{},"cache_read_input_tokens":{},"output_tokens":{},)"
          R"("cache_creation":{{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":{}}},)"
          R"("model":"claude-of-twenty-models-{}","workspace_id":"wrkspc_01Invented{}"}})",
          r ? "," : "", r, 7 * r + b, 1000 * r, r + b, r % models,
          (r % models + r / models) % workspaces);
    out += "]}";
  }
  return out + R"(],"has_more":false,"next_page":null})";
}

/// The way of every answer, from its bytes to a batch that a host takes and acknowledges.
class Way {
 public:
  Way() {
    lane_.stream = "usage";
    lane_.bucket_width = std::string("1m");
    lane_.group_by = settings_.group_by;
    REQUIRE(ledger_->add_lane(lane_, 0));
    emitter_ = std::make_unique<Emitter>(*streams::find("usage"), settings_, fetcher_->layout(),
                                         "org-1", lane_, *ledger_, delivery_, 1000, 1 << 20);
  }

  /// How many documents came of it.
  std::size_t go(std::string_view text) {
    const auto decoder = fetcher_->decoder();
    std::size_t documents = 0;
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), piece))) {
      REQUIRE(decoder->feed(text.substr(0, piece)));
      emitter_->begin(decoder->take());
      while (emitter_->more()) REQUIRE(emitter_->next(first + std::chrono::hours(3)));
      for (;;) {
        const auto batch = delivery_.hand_out({});
        REQUIRE(batch);
        if (*batch == nullptr) break;
        documents += (*batch)->documents.size();
        REQUIRE(delivery_.acknowledge((*batch)->id, AckOutcome::durable, 0));
      }
    }
    return documents;
  }

 private:
  static constexpr std::size_t piece = 64 * 1024;
  static streams::StreamSettings settings() {
    streams::StreamSettings settings;
    settings.bucket_width = "1m";
    settings.group_by = {"model", "workspace_id"};
    return settings;
  }

  const streams::StreamSettings settings_ = settings();
  std::unique_ptr<streams::Fetcher> fetcher_ =
      streams::find("usage")->make(settings_, "2023-06-01");
  std::unique_ptr<ledger::Ledger> ledger_ = std::move(*ledger::Ledger::open(""));
  Delivery delivery_{*ledger_, 1'000'000, false, Milliseconds(0), nullptr};
  ledger::Lane lane_;
  std::unique_ptr<Emitter> emitter_;
};

/// Allocations of a second organization's answer, when all that is made once was made.
std::uint64_t allocations_of(int rows) {
  const std::string text = page(rows);
  Way().go(text);
  Way way;
  const std::uint64_t before = allocations();
  const std::size_t documents = way.go(text);
  const std::uint64_t made = allocations() - before;
  CHECK(documents == static_cast<std::size_t>(buckets * rows));
  return made;
}

TEST_CASE("a document asks for no memory between the answer and the host") {
  const std::uint64_t some = allocations_of(200), twice = allocations_of(400);
  const double each = (static_cast<double>(twice) - static_cast<double>(some)) / (buckets * 200);
  CAPTURE(some, twice, each);
  CHECK(each < 0.1);
}

}  // namespace
}  // namespace anthropic_metrics::test
