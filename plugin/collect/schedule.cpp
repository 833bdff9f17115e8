// SPDX-License-Identifier: Apache-2.0
#include "collect/schedule.hpp"

#include <algorithm>

namespace anthropic_metrics {

using std::chrono::seconds;

Tiers::Tiers(std::vector<streams::Tier> tiers) : tiers_(std::move(tiers)), read_(tiers_.size()) {}

Milliseconds Tiers::due(Monotonic now, std::optional<Monotonic> next) const {
  Milliseconds deepest{0};
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const auto& [look_back, every] = tiers_[i];
    const Milliseconds early = std::min(slack, every / 4);
    const bool over = !read_[i] || now - *read_[i] + early >= every;
    // What is not before `next` by more than that joins the poll there.
    const bool along = !over && next && *read_[i] + every + early < *next;
    if (over || along) deepest = std::max(deepest, look_back);
  }
  return deepest;
}

std::optional<Monotonic> Tiers::own_poll(Monotonic next, Milliseconds interval,
                                         Milliseconds least) const {
  std::optional<Monotonic> earliest;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const auto& [look_back, every] = tiers_[i];
    if (every == Milliseconds(0) || look_back <= least || !read_[i]) continue;
    const Monotonic due = *read_[i] + every;
    if (next <= due + std::min(interval, every / 4)) continue;
    if (!earliest || due < *earliest) earliest = due;
  }
  return earliest;
}

void Tiers::done(Milliseconds look_back, Monotonic now) {
  for (std::size_t i = 0; i < tiers_.size(); ++i)
    if (tiers_[i].look_back <= look_back) read_[i] = now;
}

Milliseconds Tiers::deepest() const {
  return tiers_.empty() ? Milliseconds(0) : tiers_.back().look_back;
}

std::vector<streams::Window> plan(const ledger::Lane& lane, Instant now, seconds width,
                                  std::int64_t most_buckets, Milliseconds settle,
                                  Milliseconds look_back, Instant read_to) {
  const Instant newest = streams::newest_boundary(now, width, settle);
  const Instant end = lane.end ? std::min(newest, *lane.end) : newest;
  const Instant look_back_to =
      streams::align_down(std::min(newest, read_to) - std::chrono::ceil<seconds>(look_back), width);
  const Instant start =
      std::max({lane.origin, lane.forgotten, std::min(lane.cursor, look_back_to)});
  return streams::split(start, end, width, most_buckets);
}

std::optional<streams::Window> plan_backfill(const ledger::Lane& lane, Instant from, seconds width,
                                             std::int64_t most_buckets) {
  const Instant start =
      std::max(streams::align_down(from, width), lane.origin - width * most_buckets);
  if (start >= lane.origin) return std::nullopt;
  return streams::Window{start, lane.origin};
}

std::optional<Instant> plan_forgetting(const ledger::Lane& lane, Instant newest,
                                       Milliseconds deepest) {
  // By whole days, so that it is a write a day and not one a bucket.
  const Instant day =
      streams::align_down(newest - 2 * std::chrono::ceil<seconds>(deepest), std::chrono::days(1));
  const Instant before = std::min(day, lane.cursor);
  if (before <= std::max(lane.origin, lane.forgotten)) return std::nullopt;
  return before;
}

Instant origin_of(std::optional<Instant> previous_cursor, Instant now, seconds width,
                  Milliseconds initial) {
  if (previous_cursor) return streams::align_up(*previous_cursor, width);
  return streams::align_down(now - std::chrono::ceil<seconds>(initial), width);
}

Instant closing_of(Instant cursor, seconds width, Milliseconds settle, seconds spread) {
  return cursor + width + std::chrono::ceil<seconds>(settle) + spread;
}

seconds spread_of(std::string_view organization, std::string_view stream, Milliseconds interval) {
  const Milliseconds most = std::min<Milliseconds>(interval / 4, std::chrono::minutes(1));
  const auto places = std::chrono::floor<seconds>(most).count();
  if (places <= 0) return seconds(0);
  // FNV-1a: any that mixes will do, and nothing depends on which one it is.
  std::uint64_t number = 14'695'981'039'346'656'037u;
  const auto mix = [&](std::string_view text) {
    for (const char c : text)
      number = (number ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
  };
  mix(organization);
  mix("/");
  mix(stream);
  return seconds(static_cast<std::int64_t>(number % static_cast<std::uint64_t>(places)));
}

Monotonic next_poll(const Waiting& waiting) {
  const Monotonic soonest = waiting.started + waiting.interval;
  if (!waiting.bucket) return soonest;
  const Monotonic due = waiting.tier ? std::min(*waiting.bucket, *waiting.tier) : *waiting.bucket;
  return std::max(soonest, due);
}

Milliseconds pause_after(Errc code, int failures, Milliseconds interval, Milliseconds asked_for) {
  const bool needs_a_person =
      code == Errc::unauthorized || code == Errc::forbidden || code == Errc::configuration;
  Milliseconds pause = interval;
  if (code == Errc::not_offered) pause = std::max<Milliseconds>(interval, std::chrono::hours(24));
  if (needs_a_person) {
    const Milliseconds most = std::max<Milliseconds>(interval, std::chrono::hours(1));
    for (int i = 1; i < failures && pause < most; ++i) pause *= 2;
    pause = std::min(pause, most);
  }
  return std::max(pause, asked_for);
}

}  // namespace anthropic_metrics
