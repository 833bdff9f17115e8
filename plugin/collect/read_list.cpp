// SPDX-License-Identifier: Apache-2.0
#include "collect/read_list.hpp"

#include <utility>

#include "collect/page_tokens.hpp"
#include "collect/requester.hpp"

namespace anthropic_metrics {

namespace asio = boost::asio;

namespace {

/// Of one list; more are a circle.
constexpr std::size_t most_pages = 1000;

asio::awaitable<Outcome<void>> read_list_page(const Services& services, const Lane& lane,
                                              const streams::Fetcher& fetcher,
                                              const std::string& token, ListPage& page) {
  const ReadBody read = [&](OpenAnswer& answer) -> asio::awaitable<Result<void>> {
    const auto decoder = fetcher.decoder();
    for (;;) {
      const auto piece = co_await answer.piece();
      if (!piece) co_return piece.error();
      if (piece->empty()) break;
      if (auto fed = decoder->feed(*piece); !fed) co_return fed;
    }
    auto next = decoder->finish();
    if (!next) co_return next.error();
    auto buckets = decoder->take();
    page = {buckets.empty() ? streams::Bucket{} : std::move(buckets.front()), answer.date(), *next};
    co_return success();
  };
  net::Request message = fetcher.request({}, token);
  const auto answered = co_await request(services, lane.stream(), std::move(message), read);
  if (answered || answered.error().code != Errc::too_much) co_return answered;
  Failure failure = answered.error();
  failure.code = Errc::configuration;  // Less of a snapshot cannot be asked for.
  co_return failure;
}

}  // namespace

asio::awaitable<Outcome<void>> read_list(const Services& services, const Lane& lane,
                                         const streams::Fetcher& fetcher, const TakePage& take) {
  PageTokens tokens;
  do {
    // Not behind it: what the last one said is told at once.
    while (services.delivery.enough()) co_await services.room.wait();
    ListPage page;
    const auto answered = co_await read_list_page(services, lane, fetcher, tokens.newest(), page);
    if (!answered) co_return answered;
    services.status.update(lane.stream(), [](StreamStatus& s) { ++s.pages; });
    if (auto taken = take(page); !taken) co_return taken.error();
    if (auto followed = tokens.follow(page.next, most_pages); !followed) co_return followed.error();
  } while (!tokens.newest().empty());
  co_return Outcome<void>();
}

}  // namespace anthropic_metrics
