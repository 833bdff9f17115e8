// SPDX-License-Identifier: Apache-2.0
#include "collect/read_rows.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "collect/page_tokens.hpp"
#include "collect/read_page.hpp"
#include "collect/requester.hpp"
#include "streams/row_sequence.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// Of one window; more are a circle.
constexpr std::size_t most_pages = 100'000;
/// How often the pages begin anew without a bucket in between.
constexpr int most_restarts = 3;

struct RowsPage {
  std::vector<streams::Bucket> parts;
  std::string next;
  Instant complete_to{};
  bool met_broken = false;
};

asio::awaitable<Outcome<void>> read_rows_page(const Services& services, const Lane& lane,
                                              const net::Request& message, streams::Window rest,
                                              BodyTurn& turn, RowsPage& page) {
  const ReadBody read = [&](OpenAnswer& answer) -> asio::awaitable<Result<void>> {
    page = {};
    if (auto come = co_await turn.come(); !come) co_return come;
    const auto decoder = lane.fetcher().decoder_of(rest);
    if (turn.past_broken()) decoder->read_past_broken();
    for (bool over = false; !over;) {
      const auto piece = co_await answer.piece();
      if (!piece) co_return piece.error();
      over = piece->empty();
      const auto fed = over ? success() : decoder->feed(*piece);
      page.met_broken = decoder->met_broken();
      if (!fed) co_return fed;
      if (!over) continue;
      auto next = decoder->finish();
      if (!next) co_return next.error();
      page.next = std::move(*next);
      page.complete_to = decoder->complete_to();
      page.parts = decoder->take();
    }
    co_return success();
  };
  co_return co_await request(services, lane.stream(), message, read, turn.part());
}

/// A token that the API does not take any more: what it pages through was replaced meanwhile.
class Restarts {
 public:
  bool again(const Failure& failure, const std::string& token, Instant reached) {
    if (token.empty() || (failure.status != 400 && failure.status != 410)) return false;
    if (reached > reached_) made_ = 0;
    reached_ = reached;
    return ++made_ <= most_restarts;
  }

 private:
  int made_ = 0;
  Instant reached_ = Instant::min();
};

}  // namespace

asio::awaitable<Result<void>> emit_buckets(const Services& services, Lane& lane,
                                           std::vector<streams::Bucket> buckets) {
  lane.emitter().begin(std::move(buckets));
  while (lane.emitter().more()) {
    const auto made = lane.emitter().next(services.server_clock.now());
    if (!made) co_return made.error();
    tell_made(services, lane, *made);
    while (services.delivery.enough()) co_await services.room.wait();
    if (lane.emitter().more()) co_await services.sleeper.let_others_go();
  }
  co_return success();
}

asio::awaitable<Outcome<WindowReading>> read_rows(const Services& services, Lane& lane,
                                                  streams::Window window, const HistoryPart* part) {
  streams::RowSequence sequence(window, lane.fetcher().width());
  BrokenRows& broken = lane.broken(window);
  BodyTurn turn(broken, part);
  PageTokens tokens;
  Restarts restarts;
  Instant complete_to = Instant::max();
  streams::Window asked = window;  // Less of it once the pages began anew.
  for (;;) {
    const std::int64_t limit = lane.pages().limit();
    const net::Request message = lane.fetcher().request(asked, tokens.newest(), limit);
    RowsPage page;
    const auto answered =
        co_await read_rows_page(services, lane, message, sequence.rest(), turn, page);
    broken.met(page.met_broken);
    if (!answered) {
      Failure failure = answered.error();
      const bool less = lane.ask_for_less(failure, limit);
      if (!less && !restarts.again(failure, tokens.newest(), sequence.reached())) co_return failure;
      sequence.begin_anew();
      asked.start = sequence.reached();
      tokens.begin_anew();
      complete_to = Instant::max();
      continue;
    }
    lane.page_came(limit);
    // One that moves between pages is worth what it was at the worst.
    complete_to = std::min(complete_to, page.complete_to);
    services.status.update(lane.stream(), [&](StreamStatus& s) {
      ++s.pages;
      s.complete_to = page.complete_to;
    });
    const bool last = page.next.empty();
    if (auto taken = sequence.take(std::move(page.parts)); !taken) co_return taken.error();
    if (last) sequence.finish();
    const auto emitted = co_await emit_buckets(services, lane, sequence.whole(complete_to));
    if (!emitted) co_return emitted.error();
    if (auto kept = keep_progress(lane, window, sequence.reached()); !kept) co_return kept.error();
    if (last || sequence.reached() + lane.fetcher().width() > complete_to) break;
    if (auto followed = tokens.follow(page.next, most_pages); !followed) co_return followed.error();
  }
  broken.end();
  co_return WindowReading{window.start, sequence.reached()};
}

}  // namespace anthropic_metrics
