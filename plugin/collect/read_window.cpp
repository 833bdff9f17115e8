// SPDX-License-Identifier: Apache-2.0
#include "collect/read_window.hpp"

#include <algorithm>

#include "collect/page_tokens.hpp"
#include "collect/read_page.hpp"
#include "collect/read_rows.hpp"

namespace anthropic_metrics {
namespace {

void count_gap(const Services& services, const Lane& lane) {
  services.status.update(lane.stream(), [](StreamStatus& s) { ++s.gaps; });
}

}  // namespace

Result<void> keep_progress(Lane& lane, streams::Window window, Instant reached) {
  if (window.start > lane.place().cursor || reached <= lane.place().cursor) return success();
  lane.reached(reached);
  return lane.save();
}

boost::asio::awaitable<Outcome<WindowReading>> read_window(const Services& services, Lane& lane,
                                                           streams::Window window,
                                                           const HistoryPart* part) {
  if (lane.fetcher().shape() == streams::Shape::rows)
    co_return co_await read_rows(services, lane, window, part);
  const std::chrono::seconds width = lane.fetcher().width();
  streams::BucketSequence sequence(window, width, part != nullptr);
  BrokenRows& broken = lane.broken(window);
  BodyTurn turn(broken, part);
  PageTokens tokens;
  streams::Window rest = window;  // Less of it once an answer was too much: the pages begin anew.
  while (rest.start < rest.end) {
    const std::int64_t asked = std::min((rest.end - rest.start) / width, lane.pages().limit());
    const streams::BucketSequence before = sequence;
    Page page;
    const auto answered =
        co_await read_page(services, lane, rest, tokens.newest(), asked, turn, sequence, page);
    broken.met(page.met_broken);
    if (page.gap) count_gap(services, lane);
    if (!page.stored) {  // Some of what came is not in the ledger: nothing moves.
      sequence = before;
      co_return answered.error();
    }
    if (!page.gap)
      if (auto kept = keep_progress(lane, window, sequence.reached()); !kept)
        co_return kept.error();
    if (!answered) {
      Failure failure = answered.error();
      if (!lane.ask_for_less(failure, asked)) co_return failure;
      rest.start = sequence.reached();
      tokens.begin_anew();
      continue;
    }
    lane.page_came(asked);
    services.status.update(lane.stream(), [](StreamStatus& s) { ++s.pages; });
    const auto most_pages = static_cast<std::size_t>((rest.end - rest.start) / width + 1);
    if (auto followed =
            tokens.follow(page.next, most_pages, ", or more pages than buckets were asked for");
        !followed)
      co_return followed.error();
    if (page.next.empty()) break;
  }
  if (auto whole = sequence.finish(); !whole) {
    count_gap(services, lane);
    co_return whole.error();
  }
  broken.end();
  co_return WindowReading{sequence.began(), window.end};
}

}  // namespace anthropic_metrics
