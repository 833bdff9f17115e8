// SPDX-License-Identifier: Apache-2.0
#include "collect/lane_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "collect/lane_times.hpp"
#include "collect/schedule.hpp"
#include "streams/report.hpp"

namespace anthropic_metrics {
namespace {

/// Lanes of an older version did not note where their rows go: where they would go now.
Result<void> note_namespaces(const Services& services, const StreamChoice& choice,
                             std::vector<ledger::Lane>& lanes) {
  for (ledger::Lane& lane : lanes) {
    if (!lane.data_stream_namespace.empty()) continue;
    lane.data_stream_namespace = choice.settings.data_stream_namespace;
    if (auto noted = services.ledger.note_namespace(lane); !noted) return noted;
  }
  return success();
}

/// One who raises initial_interval to get more history is told what does it.
void tell_of_initial_interval(const Services& services, const StreamChoice& choice,
                              const ledger::Lane& oldest) {
  const auto width = streams::width_of(oldest.bucket_width);
  const Instant wanted =
      origin_of(std::nullopt, services.server_clock.now(), width, choice.settings.initial_interval);
  if (wanted >= oldest.origin || choice.settings.backfill_from) return;
  services.log(LogLevel::warn, choice.stream->name,
               fmt::format("initial_interval counts for a new state only, and this one begins at "
                           "{}; for history back to {} set backfill_from, or run backfill",
                           format_rfc3339(oldest.origin), format_rfc3339(wanted)));
}

}  // namespace

Result<std::vector<ledger::Lane>> plan_lanes(const Services& services, const StreamChoice& choice) {
  const std::string stream(choice.stream->name);
  auto known = services.ledger.lanes(stream);
  if (!known) return known.error();
  const auto& settings = choice.settings;
  if (auto noted = note_namespaces(services, choice, *known); !noted) return noted.error();
  if (!known->empty()) tell_of_initial_interval(services, choice, known->front());
  const auto current = std::find_if(known->begin(), known->end(), [&](const ledger::Lane& lane) {
    return !lane.end && lane.bucket_width == settings.bucket_width &&
           lane.group_by == settings.group_by &&
           lane.data_stream_namespace == settings.data_stream_namespace &&
           lane.dataset == settings.dataset_of(stream);
  });
  if (current == known->end()) {
    ledger::Lane lane;
    lane.stream = stream;
    lane.bucket_width = settings.bucket_width;
    lane.group_by = settings.group_by;
    lane.data_stream_namespace = settings.data_stream_namespace;
    lane.dataset = settings.dataset_of(stream);
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
    if (first) {
      if (!services.server_clock.steady())
        if (auto noted = Beginning(services, choice).began(lane); !noted) return noted.error();
    } else {
      const bool moved = previous->data_stream() != lane.data_stream();
      previous->end = lane.origin;
      services.log(
          LogLevel::warn, stream,
          moved ? fmt::format("data stream changed: rows go to {} from {} on, earlier ones and "
                              "their corrections stay in {}",
                              lane.data_stream(), format_rfc3339(lane.origin),
                              previous->data_stream())
                : fmt::format("bucket_width or group_by changed: rows of the new kind begin at {}, "
                              "the former ones end there and are still corrected",
                              format_rfc3339(lane.origin)));
    }
    known->push_back(lane);
  }
  return known;
}

}  // namespace anthropic_metrics
