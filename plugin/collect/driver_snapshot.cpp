// SPDX-License-Identifier: Apache-2.0
// The driver of a stream whose every answer is the full current state.
#include <set>
#include <utility>

#include "collect/driver.hpp"
#include "collect/page_reader.hpp"
#include "collect/set_aside.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// Of one answer; more are a circle.
constexpr std::int64_t most_snapshot_pages = 1000;

}  // namespace

asio::awaitable<Driver::Poll> Driver::read_snapshot() {
  OpenLane& open = lanes_.front();
  std::set<std::string> tokens;
  std::string token;
  // One time for all pages, so that the rows of one poll belong together.
  std::optional<Instant> at;
  Emitter::SnapshotIds ids;
  std::vector<SetAside> set_aside;
  do {
    SnapshotReader page(*open.fetcher);
    Answered answer = co_await request(services_, name(), open.fetcher->request({}, token), page);
    // Less of a snapshot cannot be asked for.
    if (answer.error.code == Errc::too_much) answer.error.code = Errc::configuration;
    if (!answer.ok) co_return Poll{answer.error, answer.not_before};
    services_.status.update(name(), [](StreamStatus& s) { ++s.pages; });
    if (!at) at = page.date();
    auto made = open.emitter->emit_snapshot(page.rows(), *at, ids);
    if (!made) co_return Poll{made.error()};
    set_aside.insert(set_aside.end(), made->set_aside.begin(), made->set_aside.end());
    if (page.next_page().empty()) tell_set_aside(services_, name(), set_aside);
    services_.status.update(name(), [&](StreamStatus& s) { s.documents += made->documents; });
    co_await wait_for_room();
    token = page.next_page();
    const bool again = !token.empty() && !tokens.insert(token).second;
    if (again || static_cast<std::int64_t>(tokens.size()) > most_snapshot_pages)
      co_return Poll{
          Error{Errc::protocol, "$.next_page leads in a circle: the same page was named twice"}};
  } while (!token.empty());
  co_return Poll{};
}

}  // namespace anthropic_metrics
