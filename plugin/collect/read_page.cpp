// SPDX-License-Identifier: Apache-2.0
#include "collect/read_page.hpp"

#include <utility>

#include "collect/requester.hpp"
#include "collect/set_aside.hpp"

namespace anthropic_metrics {

void tell_made(const Services& services, const Lane& lane, const Emitter::Made& made) {
  services.status.update(lane.stream(), [&](StreamStatus& s) {
    s.documents += made.documents;
    s.corrections += made.corrections;
    s.correction_tokens += made.correction_tokens;
    s.correction_amount = s.correction_amount + made.correction_amount;
    for (std::size_t i = 0; i < Lateness::slots; ++i)
      s.lateness.counts[i] += made.lateness.counts[i];
  });
  tell_set_aside(services, lane.stream(), made.set_aside, lane.tiers().deepest());
}

boost::asio::awaitable<Outcome<void>> read_page(const Services& services, Lane& lane,
                                                streams::Window window, std::string_view token,
                                                std::int64_t limit, BodyTurn& turn,
                                                streams::BucketSequence& sequence, Page& page) {
  const streams::BucketSequence before = sequence;
  const ReadBody read = [&](OpenAnswer& answer) -> boost::asio::awaitable<Result<void>> {
    sequence = before;  // Another attempt begins at the page's first bucket.
    page = {};
    if (auto come = co_await turn.come(); !come) co_return come;
    const auto decoder = lane.fetcher().decoder();
    if (turn.past_broken()) decoder->read_past_broken();
    Emitter& emitter = lane.emitter();
    emitter.begin({});
    Result<void> fine = success();
    for (bool over = false; fine && !over;) {
      const auto piece = co_await answer.piece();
      over = piece && piece->empty();
      if (!piece) {
        fine = piece.error();
      } else if (!over) {
        fine = decoder->feed(*piece);
      } else if (auto next = decoder->finish()) {
        page.next = *next;
      } else {
        fine = next.error();
      }
      page.met_broken = decoder->met_broken();

      // Buckets before a fault are whole; they count.
      for (streams::Bucket& bucket : decoder->take()) {
        if (auto fits = sequence.take(bucket); !fits) {
          page.gap = true;
          fine = fits;
          break;
        }
        emitter.append(std::move(bucket));
      }

      // What fills no slice waits for more, as long as more may come.
      const auto goes_on = [&] { return fine && !over ? emitter.full() : emitter.more(); };
      page.stored = !emitter.more();
      while (goes_on()) {
        const auto made = emitter.next(services.server_clock.now());
        if (!made) co_return made.error();
        page.stored = !emitter.more();
        tell_made(services, lane, *made);
        co_await answer.wait_for_room();
        // The rest of a huge bucket leaves the host's poll its budget.
        if (goes_on()) co_await services.sleeper.let_others_go();
      }
    }
    co_return fine;
  };
  co_return co_await request(services, lane.stream(), lane.fetcher().request(window, token, limit),
                             read, turn.part());
}

}  // namespace anthropic_metrics
