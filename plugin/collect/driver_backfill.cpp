// SPDX-License-Identifier: Apache-2.0
// The driver's second job: history, newest first, in the time that live polling leaves.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/time_text.hpp"
#include "collect/driver.hpp"

namespace anthropic_metrics {

Driver::OpenLane& Driver::oldest_lane() {
  // The grain of one that never had a row shall not decide that of history. One that ended where it
  // began may have some: of a window of history that was cut before it was whole.
  const auto oldest = std::find_if(lanes_.begin(), lanes_.end(), [&](const OpenLane& open) {
    if (!open.lane.end || open.lane.origin < *open.lane.end) return true;
    const auto newest = services_.ledger.newest_bucket(open.lane.id);
    return !newest || newest->has_value();
  });
  return oldest == lanes_.end() ? lanes_.front() : *oldest;
}

boost::asio::awaitable<void> Driver::backfill_until(Monotonic due) {
  if (!choice_.settings.backfill_from || lanes_.empty()) co_return;
  // History before the present grain belongs to the oldest lane: grains must not overlap.
  OpenLane& oldest = oldest_lane();
  while (services_.host.monotonic() < due && !history_ends()) {
    const auto window = plan_backfill(oldest.lane, *choice_.settings.backfill_from,
                                      oldest.fetcher->width(), oldest.fetcher->most_buckets());
    if (!window && backfilling_)
      services_.log(
          LogLevel::info, name(),
          fmt::format("history back to {} is collected", format_rfc3339(oldest.lane.origin)));
    if (window && !backfilling_)
      services_.log(
          LogLevel::info, name(),
          fmt::format("collecting history from {} back to {}", format_rfc3339(oldest.lane.origin),
                      format_rfc3339(*choice_.settings.backfill_from)));
    backfilling_ = window.has_value();
    if (!window) co_return;
    const Poll read = co_await backfill_window(oldest, *window);
    report_backfill(oldest.lane.origin, read.error);
    if (read.error) co_return;
    show_lanes();
  }
}

void Driver::report_backfill(Instant reached, const std::optional<Error>& error) {
  const std::string cause = error ? services_.credential.scrub(error->message) : std::string();
  std::string before;
  services_.status.update(
      name(), [&](StreamStatus& s) { before = std::exchange(s.backfill_waits_for, cause); });
  if (cause.empty() || cause == before) return;
  services_.log(LogLevel::warn, name(),
                fmt::format("backfill waits at {} and tries again after the next poll: {}",
                            format_rfc3339(reached), cause));
}

boost::asio::awaitable<Driver::Poll> Driver::backfill_window(OpenLane& open,
                                                             const streams::Window& window) {
  streams::BucketSequence sequence(window, open.fetcher->width(), true);
  const Poll read = co_await read_window(open, window, sequence);
  if (read.error) co_return read;
  const Instant began = sequence.began();
  without_history_ = began < window.end ? 0 : without_history_ + 1;
  if (history_ends()) {
    services_.status.update(name(), [](StreamStatus& s) { s.history_ends = true; });
    services_.log(LogLevel::info, name(),
                  fmt::format("history reaches no further back than {}", format_rfc3339(began)));
    backfilling_ = false;
  }
  if (began == window.end) co_return read;
  if (auto extended = open.emitter->extend(began); !extended) co_return Poll{extended.error()};
  open.lane.origin = began;
  services_.log(LogLevel::debug, name(), fmt::format("backfill reached {}", format_rfc3339(began)));
  co_return read;
}

}  // namespace anthropic_metrics
