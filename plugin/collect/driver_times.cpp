// SPDX-License-Identifier: Apache-2.0
// What a driver does about time: cursors go to the disk no further than two answers confirm, what
// lies beyond server time is put back, and the ledger forgets only behind what was emitted.
#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "collect/driver.hpp"
#include "collect/lane_times.hpp"
#include "collect/page_reader.hpp"

namespace anthropic_metrics {

boost::asio::awaitable<Answered> Driver::ask_for_time() {
  co_await services_.sleeper.until(services_.server_clock.second_witness_at());
  IdentityReader reader;
  net::Request who{"/v1/organizations/me", {{"anthropic-version", services_.settings.api_version}}};
  Answered answer = co_await request(services_, name(), std::move(who), reader);
  // Less of it cannot be asked for.
  if (answer.error.code == Errc::too_much) answer.error.code = Errc::configuration;
  co_return answer;
}

boost::asio::awaitable<Driver::Poll> Driver::settle_times() {
  auto known = services_.ledger.lanes(std::string(name()));
  if (!known) co_return Poll{known.error()};
  if (known->empty()) co_return Poll{};
  auto moved = Beginning(services_, choice_).confirm(known->front());
  if (!moved) co_return Poll{moved.error()};
  std::optional<std::string> wrong;
  for (const ledger::Lane& lane : *known)
    if (!*moved && !wrong) wrong = beyond(lane, services_.server_clock.now());
  // One of two may be the wrong one: a third says which.
  for (int asked = 0; wrong && !services_.server_clock.steady(); ++asked) {
    const Answered again = co_await ask_for_time();
    if (!again.ok) co_return Poll{again.error, again.not_before};
    wrong.reset();
    for (const ledger::Lane& lane : *known)
      if (!wrong) wrong = beyond(lane, services_.server_clock.now());
    if (wrong && !services_.server_clock.steady() && asked == 2)
      co_return Poll{Error{Errc::protocol,
                           fmt::format("{}, and the answers' Dates do not agree with each other: "
                                       "waiting for two that do",
                                       *wrong)}};
  }
  if (wrong) {
    auto right = put_back(*known, services_.server_clock.now(), choice_.settings, services_.ledger);
    if (!right) co_return Poll{right.error()};
    for (const ledger::Lane& lane : *right) {
      if (auto put = services_.ledger.put_back(lane); !put) co_return Poll{put.error()};
      services_.log(LogLevel::warn, name(),
                    fmt::format("a wrong Date had moved this stream ahead: {}; reading again from "
                                "{}, what is known is not sent twice",
                                *wrong, format_rfc3339(lane.cursor)));
    }
  }
  if (*moved || wrong) lanes_.clear();
  // What was read by a time that is not true any more is read again; the disk has the place.
  for (OpenLane& open : lanes_)
    if (beyond(open.lane, services_.server_clock.now())) open.lane.cursor = open.saved;
  co_return Poll{};
}

Result<void> Driver::save_cursors() {
  const auto sure = services_.server_clock.confirmed();
  bool unsaved = false;
  for (OpenLane& open : lanes_) {
    Instant to = open.saved;
    if (sure)
      to = std::clamp(streams::newest_boundary(*sure, open.fetcher->width(), Milliseconds(0)),
                      open.saved, std::max(open.saved, open.lane.cursor));
    if (to > open.saved) {
      if (auto moved = open.emitter->advance(to); !moved) return moved;
      open.saved = to;
    }
    unsaved = unsaved || open.lane.cursor > open.saved;
  }
  // The next run has this one's time as a witness.
  if (wrote_time_ || (!unsaved && !services_.server_clock.remembers_wrongly())) return success();
  wrote_time_ = true;
  return services_.ledger.set_note("time", format_rfc3339(services_.server_clock.now()));
}

Result<Instant> Driver::newest_saved() {
  Instant newest{};
  for (const OpenLane& open : lanes_) {
    auto bucket = services_.ledger.newest_bucket(open.lane.id, lane_in_use().saved);
    if (!bucket) return bucket.error();
    if (*bucket) newest = std::max(newest, **bucket + open.fetcher->width());
  }
  return std::min(newest, lane_in_use().saved);
}

Result<void> Driver::forget_old() {
  if (!services_.server_clock.confirmed()) return success();
  // Behind the newest bucket that had rows, not behind the cursor: a time that is wrong makes no
  // rows, so it costs no memory of what is still corrected.
  auto newest = newest_saved();
  if (!newest) return newest.error();
  for (OpenLane& open : lanes_) {
    const auto before = plan_forgetting(open.lane, *newest, open.tiers->deepest());
    if (!before) continue;
    if (auto forgot = services_.ledger.forget(open.lane.id, *before); !forgot) return forgot;
    open.lane.forgotten = *before;
  }
  return success();
}

}  // namespace anthropic_metrics
