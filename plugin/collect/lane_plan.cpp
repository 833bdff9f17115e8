// SPDX-License-Identifier: Apache-2.0
#include "collect/lane_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "collect/lane_times.hpp"
#include "collect/schedule.hpp"
#include "ledger/row_keys.hpp"
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

/// personal_data as a part of the grain.
std::string personal_grain(const Services& services, const StreamChoice& choice) {
  if (!choice.stream->personal) return {};
  const auto fetcher = choice.stream->make(choice.settings, services.settings.api_version);
  return anthropic_metrics::personal_grain(fetcher->layout());
}

/// What was shown of persons before personal_data became stricter is neither known nor corrected
/// any more: a correction would show it once more.
Result<void> forget_shown(const Services& services, const StreamChoice& choice,
                          std::vector<ledger::Lane>& lanes) {
  for (ledger::Lane& lane : lanes) {
    const auto then = streams::parse_personal_data(lane.personal);
    if (!then || *then <= choice.settings.personal.mode()) continue;
    if (!lane.end || lane.forgotten >= *lane.end) continue;
    if (auto forgot = services.ledger.forget(lane.id, *lane.end); !forgot) return forgot;
    lane.forgotten = *lane.end;
    services.log(
        LogLevel::warn, choice.stream->name,
        fmt::format("personal_data is {} now, and was {}: rows before {} stay in the store "
                    "as they are and are not corrected any more",
                    streams::to_text(choice.settings.personal.mode()), lane.personal,
                    format_rfc3339(*lane.end)));
  }
  return success();
}

/// Why a lane took over from another one, for a person.
std::string change(const ledger::Lane& before, const ledger::Lane& now) {
  const std::string at = format_rfc3339(now.origin);
  if (before.data_stream() != now.data_stream())
    return fmt::format(
        "data stream changed: rows go to {} from {} on, earlier ones and their "
        "corrections stay in {}",
        now.data_stream(), at, before.data_stream());
  return fmt::format(
      "{} changed: rows of the new kind begin at {}, the former ones end there and "
      "are still corrected",
      before.personal != now.personal ? "personal_data" : "bucket_width or group_by", at);
}

}  // namespace

Result<std::vector<ledger::Lane>> plan_lanes(const Services& services, const StreamChoice& choice) {
  const std::string stream(choice.stream->name);
  auto known = services.ledger.lanes(stream);
  if (!known) return known.error();
  const auto& settings = choice.settings;
  const std::string personal = personal_grain(services, choice);
  if (auto noted = note_namespaces(services, choice, *known); !noted) return noted.error();
  if (!known->empty()) tell_of_initial_interval(services, choice, known->front());
  const auto current = std::find_if(known->begin(), known->end(), [&](const ledger::Lane& lane) {
    return !lane.end && lane.bucket_width == settings.bucket_width &&
           lane.group_by == settings.group_by && lane.personal == personal &&
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
    lane.personal = personal;
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
      previous->end = lane.origin;
      services.log(LogLevel::warn, stream, change(*previous, lane));
    }
    known->push_back(lane);
  }
  if (auto forgot = forget_shown(services, choice, *known); !forgot) return forgot.error();
  return known;
}

}  // namespace anthropic_metrics
