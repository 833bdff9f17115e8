// SPDX-License-Identifier: Apache-2.0
// A commit that fails for want of memory, which is refused to its rolling back as well: what was
// not committed is read by nobody.
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "history.hpp"
#include "lean_memory.hpp"
#include "ledger/ledger.hpp"
#include "scratch_folder.hpp"
#include "simulated_transport.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using ledger::Ledger;

namespace {

const Instant bucket{std::chrono::hours(490'000)};

ledger::Commit commit_of(std::int64_t lane, std::int64_t tokens) {
  ledger::BucketRecord record;
  record.rows.emplace_back().row.counts[0] = tokens;
  streams::Layout layout;
  layout.counts.push_back({"t", "t", true});
  ledger::Commit commit;
  commit.lane = lane;
  for (const std::uint32_t part : {0u, 1u})
    commit.records.push_back({bucket, ledger::pack(record, layout), part});
  return commit;
}

}  // namespace

TEST_CASE("a commit that memory was refused to, to its rolling back too, is never read") {
  LeanMemory memory;
  int failed = 0;
  for (std::int64_t nth = 1;; ++nth) {
    CAPTURE(nth);
    const ScratchFolder folder(fast_folder());
    auto opened = Ledger::open((folder / "state").string());
    REQUIRE(opened.has_value());
    Ledger& ledger = **opened;
    ledger::Lane lane;
    lane.stream = "usage";
    lane.bucket_width = "1h";
    REQUIRE(ledger.add_lane(lane, 0).has_value());
    std::vector<Batch> none, batches(1);
    REQUIRE(ledger.commit(commit_of(lane.id, 7), none).has_value());

    batches[0].stream = "usage";
    batches[0].add("{}", std::string(22, 'a'), bucket);
    memory.fail(LeanMemory::Of::sqlite, nth, 1'000'000);
    const bool committed = ledger.commit(commit_of(lane.id, 9), batches).has_value();
    const bool refused = memory.fired();
    memory.heal();
    for (const std::uint32_t part : {0u, 1u}) {
      const auto record = ledger.record(lane.id, bucket, part);
      REQUIRE(record.has_value());
      REQUIRE(record->rows.at(0).row.counts[0] == (committed ? 9 : 7));
    }
    const auto outbox = ledger.outbox();
    REQUIRE(outbox.has_value());
    REQUIRE(outbox->size() == (committed ? 1 : 0));
    failed += committed ? 0 : 1;
    if (!refused) break;
  }
  std::cout << failed << " commits failed for want of memory\n";
  CHECK(failed > 5);
}
