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

/// Finds out that the machine slept: its wall clock went on, and the steady one may have stood
/// still. A wall clock that was put forward looks the same, and costs a poll.
class Sleep {
 public:
  explicit Sleep(const Host& host)
      : host_(host), wall_(host.realtime()), steady_(host.monotonic()) {}
  bool longer_than(Milliseconds span) const {
    return host_.realtime() - wall_ > host_.monotonic() - steady_ + span;
  }

 private:
  const Host& host_;
  std::chrono::system_clock::time_point wall_;
  Monotonic steady_;
};

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
    if (poll)
      co_await rest(started);
    else
      co_await pause(poll.error());
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
  // Of a poll that reads a new bucket: when there is one again.
  std::optional<Monotonic> next;
  if (const Instant newest = streams::newest_boundary(
          services_.server_clock.now(), present.fetcher().width(), present.settings().settle);
      newest > read_to)
    next = closing(present, newest);
  if (next)
    next = std::max<Monotonic>(*next, services_.host.monotonic() + choice_.settings.interval);
  if (const auto read = co_await read_lane(present, read_to, next); !read) co_return read;
  // A grain that the API does not take any more must not stop the present one.
  Milliseconds rest{0};
  for (const auto& lane : lanes_.all()) {
    if (lane.get() == &present) continue;
    const auto read = co_await read_lane(*lane, read_to, next);
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

asio::awaitable<Outcome<void>> Driver::read_lane(Lane& lane, Instant read_to,
                                                 std::optional<Monotonic> next) {
  const Monotonic started = services_.host.monotonic();
  const Milliseconds look_back = lane.tiers().due(started, next);
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

std::optional<Monotonic> Driver::closing(const Lane& lane, Instant cursor) const {
  const ServerClock& clock = services_.server_clock;
  if (!clock.known() || !clock.steady()) return std::nullopt;
  const std::chrono::seconds spread =
      spread_of(services_.organization_id, name(), choice_.settings.interval);
  const std::chrono::seconds left =
      closing_of(cursor, lane.fetcher().width(), lane.settings().settle, spread) - clock.now();
  if (left <= std::chrono::seconds(0)) return std::nullopt;
  return services_.host.monotonic() + left;
}

Monotonic Driver::next_due(Monotonic started) const {
  Waiting waiting{started, choice_.settings.interval, {}, {}};
  if (aside_ || lanes_.empty() || choice_.stream->snapshot()) return next_poll(waiting);
  const Lane& present = lanes_.in_use();
  const Instant cursor = present.place().cursor;
  // What was read by a time that nobody confirms is looked at again soon.
  if (cursor > present.saved()) return next_poll(waiting);
  waiting.bucket = closing(present, cursor);
  if (!waiting.bucket) return next_poll(waiting);
  for (const auto& lane : lanes_.all()) {
    const ledger::Lane& place = lane->place();
    if (std::max(place.origin, place.forgotten) >= place.end.value_or(cursor)) continue;
    // A lane that ended is out of reach of tiers that end before it.
    const auto tier = lane->tiers().own_poll(*waiting.bucket, waiting.interval,
                                             cursor - place.end.value_or(cursor));
    if (tier && (!waiting.tier || *tier < *waiting.tier)) waiting.tier = tier;
  }
  return next_poll(waiting);
}

void Driver::tell_due(Monotonic due) const {
  if (!services_.server_clock.known()) return;
  const auto left = std::max(due - services_.host.monotonic(), Monotonic(0));
  const Instant at = services_.server_clock.now() + std::chrono::ceil<std::chrono::seconds>(left);
  services_.status.update(name(), [&](StreamStatus& s) { s.next_due = at; });
}

asio::awaitable<void> Driver::rest(Monotonic started) {
  const Milliseconds interval = choice_.settings.interval;
  const Monotonic not_before =
      services_.host.monotonic() + (aside_ ? aside_->rest : Milliseconds(0));
  Sleep sleep(services_.host);
  for (;;) {
    // Another stream's answer may have confirmed the time meanwhile.
    if (!choice_.stream->snapshot())
      if (auto saved = lanes_.save(); !saved) co_return;
    const Monotonic due = std::max(next_due(started), not_before);
    tell_due(due);
    const Monotonic now = services_.host.monotonic();
    if (due <= now || sleep.longer_than(interval)) co_return;
    // Looked at again within an interval: what is due may be another time by then.
    const Monotonic until = std::min<Monotonic>(due, now + interval);
    // Live polling goes first: history is read in the time that is left until the next poll.
    const std::uint64_t asked = services_.asked.newest(name());
    if (!lanes_.empty()) co_await backfill_.read_until(until, lanes_.oldest());
    if (services_.asked.newest(name()) > asked) co_await read_asked();
    co_await rest_until(until);
  }
}

asio::awaitable<void> Driver::pause(const Failure& failure) {
  const Milliseconds interval = choice_.settings.interval;
  auto& key = services_.credential.source(credential_of(services_, name()));
  Milliseconds left = pause_after(failure.code, report_.failures(), interval, failure.rest);
  // A long pause is cut up, so that a key that was replaced is noticed within an interval. One that
  // is not there at all costs no request to look for: its secret may be mounted any moment.
  const bool waits_for_key = failure.code == Errc::configuration && !key.current();
  if (waits_for_key && report_.failures() == 1)
    services_.log(LogLevel::info, name(),
                  fmt::format("waits for the key in {}, and looks for it every {}",
                              key.place().describe(), format_duration(look_for_key)));
  tell_due(services_.host.monotonic() + left);
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
