// SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "streams/report.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics::test {

Verdict compare(const simulator::Simulator& simulator, ModelStore& store,
                const std::filesystem::path& state, Instant as_of, const Settle& settle) {
  Verdict verdict;
  auto ledger = ledger::Ledger::open(state.string());
  if (!ledger) return {{"open: " + ledger.error().message}, 0};
  const auto outbox = (*ledger)->outbox();
  if (!outbox || !outbox->empty())
    verdict.problems.emplace_back("the outbox is not empty although everything was acknowledged");

  std::map<Grain, Sums> expected;
  for (const Grain& grain : store.grains()) expected[grain];
  for (const char* stream : {"usage", "cost"}) {
    const auto lanes = (*ledger)->lanes(stream);
    if (!lanes) return {{lanes.error().message}, 0};
    for (const ledger::Lane& lane : *lanes) {
      const auto width = streams::width_of(lane.bucket_width);
      Instant newest = streams::newest_boundary(
          as_of, width, stream == std::string_view("usage") ? settle.usage : settle.cost);
      if (lane.end) newest = std::min(newest, *lane.end);
      newest = std::max(newest, lane.origin);
      // Behind it is fine: it moves when time is confirmed, and what lies between is read again.
      if (lane.cursor > newest)
        verdict.problems.push_back(
            fmt::format("{} {} is read up to {}, which is beyond {}", stream, lane.bucket_width,
                        simulator::format_rfc3339(lane.cursor), simulator::format_rfc3339(newest)));
      const Sums sums = truth(simulator, lane, lane.origin, newest, as_of);
      verdict.rows += sums.size();
      for (const auto& [place, sum] : sums) expected[grain_of(lane)][place] += sum;
    }
  }
  for (const auto& [grain, sums] : expected) {
    // A wrong Date may have had a bucket read that is not closed yet; it is read again when it is.
    const Instant closed = streams::newest_boundary(
        as_of, streams::width_of(std::get<1>(grain)),
        std::get<0>(grain).ends_with("usage") ? settle.usage : settle.cost);
    Sums stored = store.sums(grain);
    std::erase_if(stored, [&](const auto& one) { return one.first.first >= closed; });
    for (const std::string& text : differences(stored, sums))
      verdict.problems.push_back(fmt::format("{} {} by {}: {}", std::get<0>(grain),
                                             std::get<1>(grain), std::get<2>(grain), text));
  }
  store.check_revisions();
  return verdict;
}

}  // namespace anthropic_metrics::test
