// SPDX-License-Identifier: Apache-2.0
#include "collect/driver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "collect/directory.hpp"
#include "collect/organization.hpp"
#include "collect/read_entities.hpp"
#include "collect/read_window.hpp"
#include "collect/schedule.hpp"
#include "collect/stream_credential.hpp"

namespace anthropic_metrics {

namespace asio = boost::asio;

namespace {

/// Of an instance that reads on request, while nobody asks,
constexpr Milliseconds nothing_to_do = std::chrono::hours(1);
/// and before it tries again what failed.
constexpr Milliseconds pause_on_request = std::chrono::minutes(1);
/// While there is no key.
constexpr Milliseconds look_for_key = std::chrono::seconds(5);

}  // namespace

Driver::Driver(const Services& services, const StreamChoice& choice)
    : services_(services),
      choice_(choice),
      lanes_(services, choice),
      backfill_(services, choice),
      asked_(services, choice),
      report_(services, *choice.stream) {
  services_.status.update(name(), [](StreamStatus&) {});
  parts_.live = [this] { return services_.directory.live_workspaces(); };
}

asio::awaitable<void> Driver::run() {
  if (services_.asked.only()) co_return co_await run_on_request();
  for (;;) {
    const Monotonic started = services_.host.monotonic();
    const auto poll = co_await poll_once();
    services_.directory.attempted(name());
    report_.tell(poll, aside_);
    if (poll) co_await read_asked();
    // Live polling goes first: history is read in the time that is left until the next poll.
    if (poll && !lanes_.empty())
      co_await backfill_.read_until(started + choice_.settings.interval, lanes_.oldest());
    co_await pause(poll, started);
  }
}

asio::awaitable<void> Driver::run_on_request() {
  for (;;) {
    services_.status.update(name(), [](StreamStatus& s) { ++s.polls; });
    auto done = co_await identify();
    if (done)
      done = co_await asked_.read_all(nullptr);
    else if (for_good(done.error().code))
      if (auto gone = asked_.give_up_all(done.error()); !gone) done = gone.error();
    report_.tell(done, std::nullopt);
    Milliseconds pause = nothing_to_do;
    if (!done)
      pause = pause_after(done.error().code, report_.failures(),
                          std::min(choice_.settings.interval, pause_on_request), done.error().rest);
    co_await services_.sleeper.until(services_.host.monotonic() + pause, services_.asked.bell());
  }
}

asio::awaitable<Outcome<void>> Driver::identify() {
  if (services_.organization.knows(services_, name())) co_return Outcome<void>();
  co_return co_await services_.organization.identify(services_, name());
}

asio::awaitable<void> Driver::read_asked() {
  if (lanes_.empty()) co_return;
  const auto read = co_await asked_.read_all(&lanes_);
  if (!read)
    services_.log(
        LogLevel::info, name(),
        fmt::format("what was asked for waits for the next poll: {}", read.error().message));
}

asio::awaitable<Outcome<void>> Driver::poll_once() {
  aside_.reset();
  services_.status.update(name(), [](StreamStatus& s) { ++s.polls; });
  if (const auto who = co_await identify(); !who) co_return who;
  if (auto claimed = claim(); !claimed) co_return claimed.error();
  if (choice_.stream->entities) {
    if (auto opened = lanes_.open(); !opened) co_return opened.error();
    co_return co_await read_entities(services_, lanes_.in_use());
  }
  co_await services_.directory.first_attempts();
  if (choice_.stream->snapshot()) {
    if (auto opened = lanes_.open(); !opened) co_return opened.error();
    co_return co_await read_snapshot(services_, lanes_.in_use(), parts_);
  }
  if (const auto settled = co_await lanes_.settle_times(); !settled) co_return settled;
  if (auto opened = lanes_.open(); !opened) co_return opened.error();
  const auto read = co_await read_lanes();
  if (auto saved = lanes_.save(); !saved) co_return saved.error();
  if (!read) co_return read;
  if (auto forgot = lanes_.forget_old(); !forgot) co_return forgot.error();
  co_return read;
}

Result<void> Driver::claim() {
  if (claim_) return success();
  auto taken = Claim::take({services_.organization_id, std::string(name()),
                            choice_.settings.data_stream_of(name()), services_.instance_id});
  if (!taken) return taken.error();
  claim_.emplace(std::move(*taken));
  return success();
}

asio::awaitable<Outcome<void>> Driver::read_lanes() {
  Lane& present = lanes_.in_use();
  const Instant read_to = present.place().cursor;
  if (const auto read = co_await read_lane(present, read_to); !read) co_return read;
  // A grain that the API does not take any more must not stop the present one.
  Milliseconds rest{0};
  for (const auto& lane : lanes_.all()) {
    if (lane.get() == &present) continue;
    const auto read = co_await read_lane(*lane, read_to);
    if (read || read.error().code == Errc::nothing_yet) continue;
    if (read.error().code == Errc::state) co_return read;
    rest = std::max(rest, read.error().rest);
    if (aside_) continue;
    const ledger::Lane& place = lane->place();
    aside_ = read.error();
    aside_->message =
        fmt::format("corrections of rows by {} [{}] before {} wait: {}", place.bucket_width,
                    fmt::join(place.group_by, ", "),
                    format_rfc3339(place.end.value_or(place.cursor)), aside_->message);
  }
  if (aside_) aside_->rest = rest;
  co_return Outcome<void>();
}

asio::awaitable<Outcome<void>> Driver::read_lane(Lane& lane, Instant read_to) {
  const Monotonic started = services_.host.monotonic();
  const Milliseconds look_back = lane.tiers().due(started);
  const auto windows =
      plan(lane.place(), services_.server_clock.now(), lane.fetcher().width(),
           lane.fetcher().most_buckets(), lane.settings().settle, look_back, read_to);
  const auto earliest = choice_.stream->earliest;
  bool any = windows.empty();
  for (streams::Window window : windows) {
    if (earliest != nullptr)
      window.start = std::max(window.start, earliest(services_.server_clock.now()));
    if (window.start >= window.end) continue;
    const Asked::Reading reading(services_.asked, lane.place().id, window);
    const auto read = co_await read_window(services_, lane, window);
    if (!read) co_return read.error();
    // A bucket that the API calls incomplete holds back those behind it, and what was emitted of
    // it before stays.
    any = any || read->reached > window.start;
    lane.reached(read->reached);
    if (auto saved = lanes_.save(); !saved) co_return saved.error();
    if (read->reached < window.end) break;
  }
  if (any) lane.tiers().done(look_back, started);
  lanes_.show();
  co_return Outcome<void>();
}

asio::awaitable<void> Driver::pause(const Outcome<void>& poll, Monotonic started) {
  const Milliseconds interval = choice_.settings.interval;
  if (poll) {
    const Milliseconds rest = aside_ ? aside_->rest : Milliseconds(0);
    co_await rest_until(std::max<Monotonic>(started + interval, services_.host.monotonic() + rest));
    co_return;
  }
  const Failure failure = poll.error();
  auto& key = services_.credential.source(credential_of(services_, name()));
  Milliseconds left = pause_after(failure.code, report_.failures(), interval, failure.rest);
  // A long pause is cut up, so that a key that was replaced is noticed within an interval. One that
  // is not there at all costs no request to look for: its secret may be mounted any moment.
  const bool waits_for_key = failure.code == Errc::configuration && !key.current();
  if (waits_for_key && report_.failures() == 1)
    services_.log(LogLevel::info, name(),
                  fmt::format("waits for the key in {}, and looks for it every {}",
                              key.place().describe(), format_duration(look_for_key)));
  while (left > Milliseconds(0)) {
    const Milliseconds part = std::min(left, waits_for_key ? look_for_key : interval);
    co_await rest_until(services_.host.monotonic() + part);
    left -= part;
    if (left <= Milliseconds(0)) continue;
    const auto changed = key.reload_if_changed();
    if (changed && *changed) co_return;
    if (waits_for_key && key.current()) co_return;  // another stream was the first to see it
  }
}

asio::awaitable<void> Driver::rest_until(Monotonic due) {
  while (services_.host.monotonic() < due) {
    co_await services_.sleeper.until(due, services_.asked.bell());
    co_await read_asked();
  }
}

}  // namespace anthropic_metrics
