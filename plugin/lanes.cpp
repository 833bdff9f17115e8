// SPDX-License-Identifier: Apache-2.0
#include "lanes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "schedule.hpp"
#include "streams/report.hpp"
#include "time_text.hpp"

namespace anthropic_metrics {

Result<std::vector<ledger::Lane>> lanes_of(const Services& services, const StreamChoice& choice) {
  const std::string stream(choice.stream->name);
  auto known = services.ledger.lanes(stream);
  if (!known) return known.error();
  const auto& settings = choice.settings;
  const auto current = std::find_if(known->begin(), known->end(), [&](const ledger::Lane& lane) {
    return !lane.end && lane.bucket_width == settings.bucket_width &&
           lane.group_by == settings.group_by;
  });
  if (current == known->end()) {
    ledger::Lane lane;
    lane.stream = stream;
    lane.bucket_width = settings.bucket_width;
    lane.group_by = settings.group_by;
    const auto previous =
        std::find_if(known->begin(), known->end(), [](const ledger::Lane& l) { return !l.end; });
    const bool first = previous == known->end();
    std::optional<Instant> former_end;
    if (!first) {
      former_end = previous->cursor;
      auto newest = services.ledger.newest_bucket(previous->id);
      if (!newest) return newest.error();
      if (*newest)
        former_end = std::max(*former_end, **newest + streams::width_of(previous->bucket_width));
    }
    lane.origin = origin_of(former_end, services.server_clock.now(),
                            streams::width_of(lane.bucket_width), settings.initial_interval);
    lane.cursor = lane.origin;
    if (auto added = services.ledger.add_lane(lane, first ? 0 : previous->id); !added)
      return added.error();
    if (!first) {
      previous->end = lane.origin;
      services.log(
          LogLevel::warn, stream,
          fmt::format("bucket_width or group_by changed: rows of the new kind begin at {}, "
                      "the former ones end there and are still corrected",
                      format_rfc3339(lane.origin)));
    }
    known->push_back(lane);
  }
  return known;
}

}  // namespace anthropic_metrics
