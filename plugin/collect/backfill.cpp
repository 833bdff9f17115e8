// SPDX-License-Identifier: Apache-2.0
#include "collect/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/time_text.hpp"
#include "collect/asked.hpp"
#include "collect/read_window.hpp"

namespace anthropic_metrics {

namespace asio = boost::asio;

namespace {

/// Tells that a window's coroutine ended, however it did.
class Leaving {
 public:
  Leaving(HistoryParts& all, const HistoryPart& part) : all_(all), part_(part) {}
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;
  ~Leaving() { all_.ended(part_); }

 private:
  HistoryParts& all_;
  const HistoryPart& part_;
};

/// Tells whoever is at it that nobody waits any more.
class Abandon {
 public:
  explicit Abandon(HistoryParts& all) : all_(all) {}
  Abandon(const Abandon&) = delete;
  Abandon& operator=(const Abandon&) = delete;
  ~Abandon() { all_.abandon(); }

 private:
  HistoryParts& all_;
};

asio::awaitable<void> read_part(const Services& services, Lane& lane,
                                std::shared_ptr<HistoryParts> all,
                                std::shared_ptr<HistoryPart> part) {
  const History::Worker worker(services.history);
  const Leaving leaving(*all, *part);
  Outcome<WindowReading> read{WindowReading{}};
  std::exception_ptr escaped;
  try {
    const Asked::Reading reading(services.asked, lane.place().id, part->window());
    read = co_await read_window(services, lane, part->window(), part.get());
  } catch (...) {
    escaped = std::current_exception();
  }
  part->over(std::move(read), std::move(escaped));
}

/// Of one window: what one page may have, so that the pages of several are asked for at once.
std::int64_t buckets_of(const Lane& lane) {
  const std::int64_t most = lane.fetcher().most_buckets();
  if (lane.fetcher().shape() == streams::Shape::rows) return most;
  return std::min(most, lane.pages().limit());
}

}  // namespace

asio::awaitable<void> Backfill::read_until(Monotonic due, Lane& lane) {
  if (!choice_.settings.backfill_from || history_ends()) co_return;
  const auto earliest = choice_.stream->earliest;
  const Instant from = earliest == nullptr ? *choice_.settings.backfill_from
                                           : std::max(*choice_.settings.backfill_from,
                                                      earliest(services_.server_clock.now()));
  const auto is_left = [&] {
    return plan_backfill(lane.place(), from, lane.fetcher().width(), 1).has_value();
  };
  if (is_left()) {
    if (services_.host.monotonic() >= due) co_return;
    if (!std::exchange(running_, true))
      services_.log(LogLevel::info, lane.stream(),
                    fmt::format("collecting history from {} back to {}",
                                format_rfc3339(lane.place().origin), format_rfc3339(from)));
    const std::uint64_t asked = services_.asked.newest(choice_.stream->name);
    for (bool again = true; again;) again = co_await read_parts(due, lane, from, asked);
    if (is_left()) co_return;
  }
  if (std::exchange(running_, false))
    services_.log(
        LogLevel::info, lane.stream(),
        fmt::format("history back to {} is collected", format_rfc3339(lane.place().origin)));
  if (from > *choice_.settings.backfill_from)
    services_.status.update(lane.stream(), [](StreamStatus& s) { s.history_ends = true; });
}

asio::awaitable<bool> Backfill::read_parts(Monotonic due, Lane& lane, Instant from,
                                           std::uint64_t asked) {
  const auto executor = co_await asio::this_coro::executor;
  const auto all = std::make_shared<HistoryParts>(services_.history);
  parts_ = all;
  auto& parts = all->parts();
  bool elsewhere = false;
  {
    const Abandon abandon(*all);
    for (Instant next = lane.place().origin;;) {
      // Live polls go first, and what somebody asked for.
      const bool stop =
          services_.host.monotonic() >= due || services_.asked.newest(choice_.stream->name) > asked;
      if (!stop) ask(lane, from, next, executor);
      if (parts.empty()) break;
      while (!parts.front()->is_over()) co_await services_.history.moved().wait();
      const auto part = parts.front();
      const auto done = take(lane, *part);
      tell(lane, done);
      parts.pop_front();
      services_.history.moved().open_all();
      if (!done || history_ends()) break;
      // History begins within this window, or answers lack what was before: those behind it do not
      // follow on it.
      elsewhere = lane.place().origin != part->window().start;
      if (elsewhere) break;
    }
  }
  while (!parts.empty()) co_await services_.history.moved().wait();
  co_return elsewhere;
}

void Backfill::ask(Lane& lane, Instant from, Instant& next, const asio::any_io_executor& executor) {
  auto& parts = parts_->parts();
  while (parts.size() < static_cast<std::size_t>(services_.history.in_flight())) {
    ledger::Lane place = lane.place();
    place.origin = next;
    const auto window = plan_backfill(place, from, lane.fetcher().width(), buckets_of(lane));
    if (!window) return;
    const auto part = std::make_shared<HistoryPart>(parts_, *window);
    parts.push_back(part);
    try {
      asio::co_spawn(executor, read_part(services_, lane, parts_, part), asio::detached);
    } catch (...) {
      parts.pop_back();
      throw;
    }
    next = window->start;
  }
}

Outcome<void> Backfill::take(Lane& lane, const HistoryPart& part) {
  const auto read = part.result();
  if (!read) return read.error();
  const streams::Window& window = part.window();
  if (read->reached < window.end)
    return Failure(
        Error{Errc::nothing_yet, fmt::format("the API calls what is older than {} not complete yet",
                                             format_rfc3339(window.end))});
  const Instant began = read->began;
  without_history_ = began < window.end ? 0 : without_history_ + 1;
  if (history_ends()) {
    services_.status.update(lane.stream(), [](StreamStatus& s) { s.history_ends = true; });
    services_.log(LogLevel::info, lane.stream(),
                  fmt::format("history reaches no further back than {}", format_rfc3339(began)));
    running_ = false;
  }
  if (began == window.end) return Outcome<void>();
  if (auto extended = lane.extend(began); !extended) return Failure(extended.error());
  services_.log(LogLevel::debug, lane.stream(),
                fmt::format("backfill reached {}", format_rfc3339(began)));
  return Outcome<void>();
}

void Backfill::tell(const Lane& lane, const Outcome<void>& read) {
  const std::string cause = read ? std::string() : services_.credential.scrub(read.error().message);
  const Instant reached = lane.place().origin;
  std::string before;
  services_.status.update(lane.stream(), [&](StreamStatus& s) {
    before = std::exchange(s.backfill_waits_for, cause);
    if (read) s.backfilled = reached;
  });
  if (cause.empty() || cause == before) return;
  services_.log(LogLevel::warn, lane.stream(),
                fmt::format("backfill waits at {} and tries again within an interval: {}",
                            format_rfc3339(reached), cause));
}

}  // namespace anthropic_metrics
