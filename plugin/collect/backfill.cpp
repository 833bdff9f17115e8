// SPDX-License-Identifier: Apache-2.0
#include "collect/backfill.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/time_text.hpp"
#include "collect/asked.hpp"
#include "collect/read_window.hpp"

namespace anthropic_metrics {

namespace asio = boost::asio;

asio::awaitable<void> Backfill::read_until(Monotonic due, Lane& lane) {
  if (!choice_.settings.backfill_from) co_return;
  const auto earliest = choice_.stream->earliest;
  const Instant from = earliest == nullptr ? *choice_.settings.backfill_from
                                           : std::max(*choice_.settings.backfill_from,
                                                      earliest(services_.server_clock.now()));
  while (services_.host.monotonic() < due && !history_ends()) {
    const auto window =
        plan_backfill(lane.place(), from, lane.fetcher().width(), lane.fetcher().most_buckets());
    const std::string reached = format_rfc3339(lane.place().origin);
    if (!window && running_)
      services_.log(LogLevel::info, lane.stream(),
                    fmt::format("history back to {} is collected", reached));
    if (window && !running_)
      services_.log(
          LogLevel::info, lane.stream(),
          fmt::format("collecting history from {} back to {}", reached, format_rfc3339(from)));
    running_ = window.has_value();
    if (!window && from > *choice_.settings.backfill_from)
      services_.status.update(lane.stream(), [](StreamStatus& s) { s.history_ends = true; });
    if (!window) co_return;
    const auto done = co_await read(lane, *window);
    tell(lane, done);
    if (!done) co_return;
  }
}

asio::awaitable<Outcome<void>> Backfill::read(Lane& lane, streams::Window window) {
  const Asked::Reading reading(services_.asked, lane.place().id, window);
  const auto read = co_await read_window(services_, lane, window, true);
  if (!read) co_return read.error();
  if (read->reached < window.end)
    co_return Error{Errc::nothing_yet,
                    fmt::format("the API calls what is older than {} not complete yet",
                                format_rfc3339(window.end))};
  const Instant began = read->began;
  without_history_ = began < window.end ? 0 : without_history_ + 1;
  if (history_ends()) {
    services_.status.update(lane.stream(), [](StreamStatus& s) { s.history_ends = true; });
    services_.log(LogLevel::info, lane.stream(),
                  fmt::format("history reaches no further back than {}", format_rfc3339(began)));
    running_ = false;
  }
  if (began == window.end) co_return Outcome<void>();
  if (auto extended = lane.extend(began); !extended) co_return extended.error();
  services_.log(LogLevel::debug, lane.stream(),
                fmt::format("backfill reached {}", format_rfc3339(began)));
  co_return Outcome<void>();
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
                fmt::format("backfill waits at {} and tries again after the next poll: {}",
                            format_rfc3339(reached), cause));
}

}  // namespace anthropic_metrics
