// SPDX-License-Identifier: Apache-2.0
#include "collect/reads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/time_text.hpp"
#include "collect/lane.hpp"
#include "collect/stream_credential.hpp"
#include "collect/sum_repairs.hpp"
#include "collect/told_rows.hpp"
#include "streams/report.hpp"

namespace anthropic_metrics {
namespace {

Error refuse(std::string message) {
  return {Errc::argument, std::move(message)};
}

std::string named(const streams::Window& window) {
  return fmt::format("the window from {} to {}", format_rfc3339(window.start),
                     format_rfc3339(window.end));
}

Grain grain_of(const ledger::Lane& lane) {
  return {lane.bucket_width, lane.group_by};
}

Result<void> check_window(const streams::Window& window, const Grain& grain) {
  const auto width = streams::width_of(grain.bucket_width);
  if (window.start >= window.end || window.start < Instant{} ||
      window.start != streams::align_down(window.start, width) ||
      window.end != streams::align_down(window.end, width))
    return refuse(
        fmt::format("{} is none: it must begin and end where buckets of {} do, and have "
                    "one at least",
                    named(window), grain.bucket_width));
  return success();
}

/// What was emitted of rows that could not be read. A store adds up nothing of these, so nobody
/// tells them.
Result<KeptRows> kept_rows(ledger::Ledger& ledger, std::int64_t lane,
                           const streams::Window& window) {
  KeptRows kept;
  auto buckets = ledger.buckets(lane, window.start, window.end);
  if (!buckets) return buckets.error();
  for (const Instant bucket : *buckets) {
    auto record = ledger.record(lane, bucket);
    if (!record) return record.error();
    std::erase_if(record->rows, [](const ledger::RecordRow& row) { return !row.set_aside; });
    if (!record->rows.empty()) kept[bucket] = std::move(record->rows);
  }
  return kept;
}

}  // namespace

Result<const StreamChoice*> Reads::choice_of(std::string_view stream) const {
  const auto& all = services_.settings.streams;
  const auto at = std::find_if(all.begin(), all.end(), [&](const StreamChoice& choice) {
    return choice.stream->name == stream;
  });
  if (at == all.end())
    return refuse(
        fmt::format("{} is no stream of this instance: enable it in its configuration", stream));
  if (auto adds = adds_up(*at->stream, at->settings, services_.settings.api_version); !adds)
    return adds.error();
  if (credential_of(services_, stream).empty()) return refuse(not_opened(*at->stream).message);
  return &*at;
}

Result<void> Reads::ask(const Wish& wish) {
  const bool on_request = services_.asked.only();
  if (wish.kind == Asked::Kind::withdraw && !on_request)
    return refuse(
        "an instance that works by itself withdraws nothing, since it would read it again: "
        "ask one that reads on request");
  auto choice = choice_of(wish.stream);
  if (!choice) return choice.error();
  const streams::Descriptor& stream = *(*choice)->stream;
  const Grain configured{(*choice)->settings.bucket_width, (*choice)->settings.group_by};
  auto grain = told_grain(wish.rows, wish.stream, configured);
  if (!grain) return grain.error();
  auto settings = with_grain(stream, (*choice)->settings, *grain);
  if (!settings) return settings.error();
  grain->group_by = settings->group_by;
  if (auto good = check_window(wish.window, *grain); !good) return good;
  const auto lane =
      on_request ? lane_on_request(**choice, *settings) : lane_that_covers(**choice, *grain, wish);
  if (!lane) return lane.error();

  Asked::Window window;
  window.stream = wish.stream;
  window.lane = lane->id;
  window.time = wish.window;
  window.kind = wish.kind;
  if (wish.kind == Asked::Kind::read) return services_.asked.ask(std::move(window), nullptr);
  auto what = told(**choice, wish, *grain, configured, *lane);
  if (!what) return what.error();
  std::int64_t documents = 0;
  for (const Batch& batch : what->batches)
    documents += static_cast<std::int64_t>(batch.documents.size());
  auto asked = services_.asked.ask(std::move(window), &*what);
  if (asked && documents > 0)
    services_.status.update(wish.stream, [&](StreamStatus& s) {
      s.documents += documents;
      s.corrections += documents;
    });
  return asked;
}

Result<ledger::Lane> Reads::lane_on_request(const StreamChoice& choice,
                                            const streams::StreamSettings& settings) {
  const auto fetcher = choice.stream->make(settings, services_.settings.api_version);
  ledger::Lane lane;
  lane.stream = choice.stream->name;
  lane.bucket_width = settings.bucket_width;
  lane.group_by = settings.group_by;
  lane.data_stream_namespace = settings.data_stream_namespace;
  lane.dataset = settings.dataset_of(lane.stream);
  lane.personal = personal_grain(fetcher->layout());
  // Its key is in the state of whoever collects; this instance would make other hashes.
  if (lane.personal == streams::to_text(streams::PersonalData::hashed))
    return refuse(
        fmt::format("rows of {} are told apart by hashes of names, whose key is in the "
                    "state of the instance that collects them: ask that one",
                    lane.stream));
  const std::lock_guard lock(mutex_);
  auto known = services_.ledger.lanes(lane.stream);
  if (!known) return known.error();
  for (const ledger::Lane& one : *known)
    if (grain_of(one) == grain_of(lane)) return one;
  if (auto added = services_.ledger.add_lane(lane, 0); !added) return added.error();
  return lane;
}

Result<ledger::Lane> Reads::lane_that_covers(const StreamChoice& choice, const Grain& grain,
                                             const Wish& wish) const {
  auto lanes = services_.ledger.lanes(std::string(wish.stream));
  if (!lanes) return lanes.error();
  const bool told = wish.kind != Asked::Kind::read;
  std::string why;
  for (const ledger::Lane& lane : *lanes) {
    const Instant end = std::min(lane.cursor, lane.end.value_or(lane.cursor));
    if (lane.origin >= end) continue;
    const std::string stretch = fmt::format("by {} from {} to {}", describe(grain_of(lane)),
                                            format_rfc3339(lane.origin), format_rfc3339(end));
    if (grain_of(lane) != grain || wish.window.start < lane.origin || wish.window.end > end) {
      why += (why.empty() ? "it was read " : ", ") + stretch;
      continue;
    }
    const auto shown = streams::parse_personal_data(lane.personal);
    if (shown && *shown > choice.settings.personal.mode())
      return refuse(
          fmt::format("personal_data was {} then and is stricter now: rows of {} are not "
                      "corrected any more",
                      lane.personal, named(wish.window)));
    if (!told && wish.window.start < lane.forgotten)
      return refuse(
          fmt::format("what was emitted before {} is not known any more; say what the "
                      "store holds of {}",
                      format_rfc3339(lane.forgotten), named(wish.window)));
    return lane;
  }
  return refuse(fmt::format("{} was not read {} by this instance: {}", named(wish.window),
                            describe(grain), why.empty() ? "nothing was yet" : why));
}

Result<Asked::Telling> Reads::told(const StreamChoice& choice, const Wish& wish, const Grain& grain,
                                   const Grain& otherwise, const ledger::Lane& lane) {
  const auto organization = services_.ledger.organization();
  if (!organization) return organization.error();
  if (organization->empty())
    return Error{Errc::busy,
                 "the API has not yet said whose numbers these are; poll, and ask again"};
  const auto settings = settings_of(choice, lane);
  const auto fetcher = choice.stream->make(settings, services_.settings.api_version);
  const std::chrono::seconds width = fetcher->width();
  RowKeys keys(fetcher->layout(), {*organization, settings.dataset_of(lane.stream),
                                   lane.bucket_width, lane.group_by, lane.personal});
  auto kept = kept_rows(services_.ledger, lane.id, wish.window);
  if (!kept) return kept.error();
  SumRepairs repairs(fetcher->layout(), constants_of(*choice.stream, settings, *organization),
                     width, keys);
  auto records = told_records(
      wish.rows,
      {wish.stream, grain, otherwise, *organization, fetcher->layout(), wish.window, width}, keys,
      *kept,
      [&](Instant bucket, const std::string& text, const ledger::RecordRow& row,
          const std::vector<std::int64_t>& beyond) {
        repairs.take_away(bucket, text, row, beyond);
      });
  if (!records) return records.error();
  Asked::Telling telling;
  telling.told = {lane.id, wish.window.start, wish.window.end, std::move(*records), {}, {}};
  telling.batches =
      repairs.take(services_.settings.batch_documents, services_.settings.batch_bytes);
  return telling;
}

}  // namespace anthropic_metrics
