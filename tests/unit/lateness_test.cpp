// SPDX-License-Identifier: Apache-2.0
#include "ledger/lateness.hpp"

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a late change is counted in the slot whose bound it does not exceed") {
  struct Case {
    std::chrono::seconds late;
    std::string_view label;
  };
  const auto [late, label] =
      GENERATE(Case{0s, "<=5m"}, Case{-1h, "<=5m"}, Case{5min, "<=5m"}, Case{5min + 1s, "<=15m"},
               Case{1h, "<=1h"}, Case{26h, "<=26h"}, Case{840h, "<=35d"}, Case{840h + 1s, ">35d"},
               Case{100'000h, ">35d"}, Case{std::chrono::seconds::max(), ">35d"});

  CHECK(Lateness::label(Lateness::slot_of(late)) == label);
}

TEST_CASE("rows add up in their slot") {
  Lateness lateness;
  lateness.add(1min, 2);
  lateness.add(2min, 3);
  lateness.add(1h, 7);

  CHECK(lateness.counts[Lateness::slot_of(0s)] == 5);
  CHECK(lateness.counts[Lateness::slot_of(1h)] == 7);
}

}  // namespace
}  // namespace anthropic_metrics
