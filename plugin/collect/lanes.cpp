// SPDX-License-Identifier: Apache-2.0
#include "collect/lanes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "collect/lane_plan.hpp"
#include "collect/lane_times.hpp"
#include "collect/organization.hpp"

namespace anthropic_metrics {

namespace asio = boost::asio;

Result<void> Lanes::open() {
  if (!lanes_.empty()) return success();
  const std::string stream(choice_.stream->name);
  if (choice_.stream->snapshot()) {
    ledger::Lane place;
    place.stream = stream;
    return add(std::move(place));
  }
  auto known = plan_lanes(services_, choice_);
  if (!known) return known.error();
  for (ledger::Lane& place : *known)
    if (auto added = add(std::move(place)); !added) return added;
  auto lateness = services_.ledger.lateness(stream);
  if (!lateness) return lateness.error();
  services_.status.update(stream, [&](StreamStatus& s) { s.lateness = *lateness; });
  show();
  return success();
}

Result<void> Lanes::add(ledger::Lane place) {
  auto lane = Lane::open(services_, choice_, std::move(place));
  if (!lane) return lane.error();
  lanes_.push_back(std::move(*lane));
  return success();
}

Lane& Lanes::in_use() const {
  const auto in_use = std::find_if(lanes_.begin(), lanes_.end(),
                                   [](const auto& lane) { return !lane->place().end; });
  return in_use == lanes_.end() ? *lanes_.back() : **in_use;
}

Lane& Lanes::oldest() const {
  // The grain of one that never had a row shall not decide that of history. One that ended where it
  // began may have some: of a window of history that was cut before it was whole.
  const auto oldest = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    const ledger::Lane& place = lane->place();
    if (!place.end || place.origin < *place.end) return true;
    const auto newest = services_.ledger.newest_bucket(place.id);
    return !newest || newest->has_value();
  });
  return oldest == lanes_.end() ? *lanes_.front() : **oldest;
}

void Lanes::show() const {
  if (lanes_.empty() || choice_.stream->snapshot()) return;
  const Instant cursor = in_use().place().cursor;
  const Instant origin = oldest().place().origin;
  services_.status.update(choice_.stream->name, [&](StreamStatus& s) {
    s.cursor = cursor;
    s.backfill_from = choice_.settings.backfill_from;
    if (s.backfill_from) s.backfilled = origin;
  });
}

asio::awaitable<Outcome<void>> Lanes::settle_times() {
  const std::string stream(choice_.stream->name);
  auto known = services_.ledger.lanes(stream);
  if (!known) co_return known.error();
  if (known->empty()) co_return Outcome<void>();
  auto moved = Beginning(services_, choice_).confirm(known->front());
  if (!moved) co_return moved.error();
  std::optional<std::string> wrong;
  for (const ledger::Lane& place : *known)
    if (!*moved && !wrong) wrong = beyond(place, services_.server_clock.now());
  // One of two may be the wrong one: a third says which.
  for (int asked = 0; wrong && !services_.server_clock.steady(); ++asked) {
    co_await services_.sleeper.until(services_.server_clock.second_witness_at());
    const auto again = co_await ask_organization(services_, stream);
    if (!again) co_return again.error();
    wrong.reset();
    for (const ledger::Lane& place : *known)
      if (!wrong) wrong = beyond(place, services_.server_clock.now());
    if (wrong && !services_.server_clock.steady() && asked == 2)
      co_return Error{Errc::protocol,
                      fmt::format("{}, and the answers' Dates do not agree with each other: "
                                  "waiting for two that do",
                                  *wrong)};
  }
  if (wrong) {
    auto right = put_back(*known, services_.server_clock.now(), choice_.settings, services_.ledger);
    if (!right) co_return right.error();
    for (const ledger::Lane& place : *right) {
      if (auto put = services_.ledger.put_back(place); !put) co_return put.error();
      services_.log(LogLevel::warn, stream,
                    fmt::format("a wrong Date had moved this stream ahead: {}; reading again from "
                                "{}, what is known is not sent twice",
                                *wrong, format_rfc3339(place.cursor)));
    }
  }
  if (*moved || wrong) lanes_.clear();
  // What was read by a time that is not true any more is read again; the disk has the place.
  for (const auto& lane : lanes_)
    if (beyond(lane->place(), services_.server_clock.now())) lane->back_to_saved();
  co_return Outcome<void>();
}

Result<void> Lanes::save() {
  for (const auto& lane : lanes_)
    if (auto saved = lane->save(); !saved) return saved;
  return success();
}

Result<Instant> Lanes::newest_saved() const {
  Instant newest{};
  for (const auto& lane : lanes_) {
    auto bucket = services_.ledger.newest_bucket(lane->place().id, in_use().saved());
    if (!bucket) return bucket.error();
    if (*bucket) newest = std::max(newest, **bucket + lane->fetcher().width());
  }
  return std::min(newest, in_use().saved());
}

Result<void> Lanes::forget_old() {
  if (!services_.server_clock.confirmed()) return success();
  // Behind the newest bucket that had rows, not behind the cursor: a time that is wrong makes no
  // rows, so it costs no memory of what is still corrected.
  auto newest = newest_saved();
  if (!newest) return newest.error();
  for (const auto& lane : lanes_) {
    const auto before = plan_forgetting(lane->place(), *newest, lane->tiers().deepest());
    if (!before) continue;
    if (auto forgot = lane->forget(*before); !forgot) return forgot;
  }
  return success();
}

}  // namespace anthropic_metrics
