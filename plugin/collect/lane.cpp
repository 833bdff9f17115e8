// SPDX-License-Identifier: Apache-2.0
#include "collect/lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/time_text.hpp"
#include "collect/directory.hpp"

namespace anthropic_metrics {
namespace {

std::string note_of(std::int64_t lane) {
  return fmt::format("page_size/{}", lane);
}

/// Buckets a page that an earlier start found out; 0: nothing is remembered, or the lane is none.
Result<std::int64_t> remembered_pages(ledger::Ledger& ledger, std::int64_t lane) {
  if (lane == 0) return std::int64_t{0};
  const auto note = ledger.note(note_of(lane));
  if (!note) return note.error();
  std::int64_t buckets = 0;
  std::from_chars(note->data(), note->data() + note->size(), buckets);
  return buckets;
}

/// What an older lane showed of persons, but never more than may be shown now.
streams::Personal personal_of(const StreamChoice& choice, const ledger::Lane& place) {
  const streams::Personal& now = choice.settings.personal;
  const auto then = streams::parse_personal_data(place.personal);
  if (!then || *then >= now.mode()) return now;
  return streams::Personal(*then, now.key());
}

}  // namespace

streams::StreamSettings settings_of(const StreamChoice& choice, const ledger::Lane& place) {
  streams::StreamSettings settings = choice.settings;
  if (choice.stream->snapshot()) return settings;
  settings.bucket_width = place.bucket_width;
  settings.group_by = place.group_by;
  settings.dataset = place.dataset;
  settings.data_stream_namespace = place.data_stream_namespace;
  settings.personal = personal_of(choice, place);
  return settings;
}

Lane::Lane(const Services& services, const StreamChoice& choice, ledger::Lane place)
    : services_(services),
      choice_(choice),
      place_(std::move(place)),
      settings_(settings_of(choice, place_)),
      fetcher_(choice.stream->make(settings_, services.settings.api_version)),
      emitter_(std::make_unique<Emitter>(
          *choice.stream, settings_, fetcher_->layout(), services.organization_id, place_,
          services.ledger, services.delivery, services.settings.batch_documents,
          services.settings.batch_bytes, &services.directory.names())),
      tiers_(settings_.tiers),
      saved_(place_.cursor) {}

Result<std::unique_ptr<Lane>> Lane::open(const Services& services, const StreamChoice& choice,
                                         ledger::Lane place) {
  std::unique_ptr<Lane> lane(new Lane(services, choice, std::move(place)));
  const auto pages = remembered_pages(services.ledger, lane->place_.id);
  if (!pages) return pages.error();
  lane->pages_ = PageSize(lane->fetcher_->most_per_page(), *pages);
  return lane;
}

Result<void> Lane::save() {
  Instant to = saved_;
  if (const auto sure = services_.server_clock.confirmed())
    to = std::clamp(streams::newest_boundary(*sure, fetcher_->width(), Milliseconds(0)), saved_,
                    std::max(saved_, place_.cursor));
  if (to > saved_) {
    ledger::Commit change;
    change.cursor = to;
    if (auto moved = write(std::move(change)); !moved) return moved;
    saved_ = to;
  }
  const bool ahead = place_.cursor > saved_ || services_.server_clock.remembers_wrongly();
  if (noted_time_ || !ahead) return success();
  noted_time_ = true;
  return services_.ledger.set_note("time", format_rfc3339(services_.server_clock.now()));
}

Result<void> Lane::extend(Instant origin) {
  ledger::Commit change;
  change.origin = origin;
  if (auto extended = write(std::move(change)); !extended) return extended;
  place_.origin = origin;
  return success();
}

Result<void> Lane::write(ledger::Commit change) {
  change.lane = place_.id;
  std::vector<Batch> none;
  return services_.ledger.commit(change, none);
}

Result<void> Lane::forget(Instant boundary) {
  if (auto forgot = services_.ledger.forget(place_.id, boundary); !forgot) return forgot;
  place_.forgotten = boundary;
  return success();
}

void Lane::page_came(std::int64_t asked) {
  if (pages_.came(asked)) remember_pages();
}

bool Lane::ask_for_less(Error& error, std::int64_t asked) {
  const bool surely = error.code == Errc::too_much;
  const bool rows = fetcher_->shape() == streams::Shape::rows;
  if (!surely && !error.slow) return false;
  if (!pages_.too_much(asked)) {
    if (!surely) return false;
    error.code = error.slow ? Errc::transient : Errc::configuration;
    error.message += fmt::format(
        "; that was one {} alone: name fewer in group_by or take a smaller bucket_width{}",
        rows ? "entry" : "bucket", error.slow ? ", or raise http_client_timeout" : "");
    return false;
  }
  services_.log(
      LogLevel::info, stream(),
      fmt::format("{} {} were too much for one answer; asking for {} a page from now on: {}", asked,
                  rows ? "entries" : "buckets", pages_.limit(), error.message));
  remember_pages();
  return surely;  // What was only slow may have other reasons, and is left to the next poll.
}

void Lane::remember_pages() {
  const auto written =
      services_.ledger.set_note(note_of(place_.id), std::to_string(pages_.limit()));
  if (!written) services_.log(LogLevel::warn, stream(), written.error().message);
}

}  // namespace anthropic_metrics
