// SPDX-License-Identifier: Apache-2.0
#include "collect/read_snapshot.hpp"

#include <utility>

#include "collect/page_tokens.hpp"
#include "collect/requester.hpp"
#include "collect/set_aside.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// Of one answer; more are a circle.
constexpr std::size_t most_snapshot_pages = 1000;

struct SnapshotPage {
  streams::Bucket rows;
  Instant date{};  ///< Server time of the answer.
  std::string next;
};

asio::awaitable<Outcome<void>> read_snapshot_page(const Services& services, const Lane& lane,
                                                  const std::string& token, SnapshotPage& page) {
  const ReadBody read = [&](OpenAnswer& answer) -> asio::awaitable<Result<void>> {
    const auto decoder = lane.fetcher().decoder();
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
  const auto answered =
      co_await request(services, lane.stream(), lane.fetcher().request({}, token), read);
  if (answered || answered.error().code != Errc::too_much) co_return answered;
  Failure failure = answered.error();
  failure.code = Errc::configuration;  // Less of a snapshot cannot be asked for.
  co_return failure;
}

}  // namespace

asio::awaitable<Outcome<void>> read_snapshot(const Services& services, Lane& lane) {
  PageTokens tokens;
  // One time for all pages, so that the rows of one poll belong together.
  std::optional<Instant> at;
  Emitter::SnapshotIds ids;
  std::vector<SetAside> set_aside;
  do {
    SnapshotPage page;
    const auto answered = co_await read_snapshot_page(services, lane, tokens.newest(), page);
    if (!answered) co_return answered;
    services.status.update(lane.stream(), [](StreamStatus& s) { ++s.pages; });
    if (!at) at = page.date;
    const auto made = lane.emitter().emit_snapshot(page.rows, *at, ids);
    if (!made) co_return made.error();
    set_aside.insert(set_aside.end(), made->set_aside.begin(), made->set_aside.end());
    if (page.next.empty()) tell_set_aside(services, lane.stream(), set_aside);
    services.status.update(lane.stream(), [&](StreamStatus& s) { s.documents += made->documents; });
    while (services.delivery.enough()) co_await services.room.wait();
    if (auto followed = tokens.follow(page.next, most_snapshot_pages); !followed)
      co_return followed.error();
  } while (!tokens.newest().empty());
  co_return Outcome<void>();
}

}  // namespace anthropic_metrics
