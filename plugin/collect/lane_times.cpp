// SPDX-License-Identifier: Apache-2.0
#include "collect/lane_times.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "collect/schedule.hpp"
#include "streams/report.hpp"

namespace anthropic_metrics {
namespace {

/// Clocks of servers differ by less; what lies further ahead was not read by a right one.
constexpr std::chrono::seconds slack{60};

std::string provisional(const ledger::Lane& lane) {
  return fmt::format("lane {} began by one date", lane.id);
}

}  // namespace

std::optional<std::string> beyond(const ledger::Lane& lane, Instant now) {
  const Instant latest = now + slack;
  const auto say = [&](std::string_view what, Instant at) {
    return fmt::format("{} {} lies beyond server time {}", what, format_rfc3339(at),
                       format_rfc3339(now));
  };
  if (lane.origin > latest + streams::width_of(lane.bucket_width))
    return say("origin", lane.origin);
  if (lane.cursor > latest && lane.cursor > lane.origin) return say("cursor", lane.cursor);
  if (lane.forgotten > latest) return say("end of what was forgotten,", lane.forgotten);
  return std::nullopt;
}

Result<std::vector<ledger::Lane>> put_back(std::vector<ledger::Lane> lanes, Instant now,
                                           const streams::StreamSettings& settings,
                                           ledger::Ledger& ledger) {
  std::vector<ledger::Lane> changed;
  std::optional<Instant> former_end;  // Where rows of the lane before may still be.
  std::size_t former = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    ledger::Lane& lane = lanes[i];
    const auto width = streams::width_of(lane.bucket_width);
    if (beyond(lane, now)) {
      const bool followed = former_end && lanes[former].end == lane.origin;
      if (lane.origin > now + width) {
        lane.origin =
            origin_of(followed ? former_end : std::nullopt, now, width, settings.initial_interval);
        if (followed) {
          lanes[former].end = lane.origin;
          const auto known = std::find_if(changed.begin(), changed.end(), [&](const auto& one) {
            return one.id == lanes[former].id;
          });
          if (known == changed.end())
            changed.push_back(lanes[former]);
          else
            known->end = lane.origin;
        }
      }
      if (lane.forgotten > now) lane.forgotten = {};
      auto newest = ledger.newest_bucket(lane.id, now);
      if (!newest) return newest.error();
      const Instant least = std::max(lane.origin, lane.forgotten);
      lane.cursor = *newest ? std::max(least, **newest) : least;
      changed.push_back(lane);
    }
    // Also beyond now: it may be this time that is wrong, and no two lanes have one hour.
    auto newest = ledger.newest_bucket(lane.id);
    if (!newest) return newest.error();
    former_end = std::max(lane.cursor, *newest ? **newest + width : lane.origin);
    former = i;
  }
  return changed;
}

Result<void> Beginning::began(const ledger::Lane& lane) const {
  return services_.ledger.set_note(provisional(lane), format_rfc3339(lane.origin));
}

Result<bool> Beginning::confirm(const ledger::Lane& first) const {
  const auto sure = services_.server_clock.confirmed();
  if (!sure) return false;
  auto noted = services_.ledger.note(provisional(first));
  if (!noted) return noted.error();
  if (noted->empty()) return false;
  const Instant origin = origin_of(std::nullopt, *sure, streams::width_of(first.bucket_width),
                                   choice_.settings.initial_interval);
  ledger::Lane lane = first;
  // The lane began by the clock of the very first answer; later answers only make it later.
  const bool earlier = origin < first.origin;
  if (earlier) {
    lane.origin = lane.cursor = origin;
    if (auto put = services_.ledger.put_back(lane); !put) return put.error();
    services_.log(LogLevel::warn, choice_.stream->name,
                  fmt::format("the first answer's Date was wrong: rows begin at {}, not at {}",
                              format_rfc3339(origin), format_rfc3339(first.origin)));
  }
  if (auto forgot = services_.ledger.set_note(provisional(first), ""); !forgot)
    return forgot.error();
  return earlier;
}

}  // namespace anthropic_metrics
