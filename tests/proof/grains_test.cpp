// SPDX-License-Identifier: Apache-2.0
// By which grain a moment is compared.
#include "proof/grains.hpp"

#include <catch2/catch_test_macros.hpp>

#include "usage_rows.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

constexpr std::int64_t hour = 3600, day = 86'400;
const Grain days{"1d", {"model"}};
const Grain by_workspace{"1h", {"workspace_id"}};

}  // namespace

TEST_CASE("times without a gap are one part, whatever order they come in") {
  Times times;
  times.add(20, 30);
  times.add(0, 10);
  times.add(10, 20);
  times.add(40, 50);
  CHECK(times.parts() == std::map<std::int64_t, std::int64_t>{{0, 30}, {40, 50}});
  CHECK(times.meets(29, 41));
  CHECK_FALSE(times.meets(30, 40));
  CHECK_FALSE(times.meets(-5, 0));
  CHECK(times.meets(45, 46));
}

TEST_CASE("another grain counts where it is alone, and overlaps elsewhere") {
  Grains grains(hours());
  grains.saw(days, begin, begin + day);
  grains.saw(days, begin + day, begin + 2 * day);
  grains.saw(hours(), begin + day + 14 * hour, begin + day + 15 * hour);
  grains.decide();

  CHECK(grains.counts(days, begin, begin + day));
  CHECK(grains.by_another(begin + 5 * hour, begin + 6 * hour));
  // The day in which the policy was changed has rows of both.
  CHECK_FALSE(grains.counts(days, begin + day, begin + 2 * day));
  CHECK_FALSE(grains.by_another(begin + day, begin + day + hour));
  CHECK(grains.counts(hours(), begin, begin + hour));
}

TEST_CASE("of two other grains the one that is more like the configured one counts") {
  Grains grains(hours());
  grains.saw(days, begin, begin + day);
  grains.saw(by_workspace, begin + hour, begin + 2 * hour);
  grains.decide();
  CHECK(grains.counts(by_workspace, begin + hour, begin + 2 * hour));
  CHECK_FALSE(grains.counts(days, begin, begin + day));
}
