// SPDX-License-Identifier: Apache-2.0
#include "collect/driver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "api/status_error.hpp"
#include "base/time_text.hpp"
#include "collect/driver_pages.hpp"
#include "collect/lanes.hpp"
#include "collect/organization.hpp"
#include "collect/page_reader.hpp"
#include "collect/set_aside.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;
using streams::Window;

}  // namespace

/// Where a page's buckets go: into the ledger, with a pause while the host is behind.
class Driver::LaneSink final : public BucketSink {
 public:
  LaneSink(Driver& driver, OpenLane& open) : driver_(driver), open_(open) {}

  asio::awaitable<Result<void>> take(std::vector<streams::Bucket> buckets) override {
    Emitter& emitter = *open_.emitter;
    emitter.begin(std::move(buckets));
    while (emitter.more()) {
      auto made = emitter.next(driver_.services_.server_clock.now());
      if (!made) co_return made.error();
      count(*made);
      tell_set_aside(driver_.services_, driver_.name(), made->set_aside, open_.tiers->deepest());
      co_await driver_.wait_for_room();
      // The rest of a huge bucket leaves the host's poll its budget.
      if (emitter.more()) co_await driver_.services_.sleeper.let_others_go();
    }
    co_return success();
  }

 private:
  void count(const Emitter::Made& made) {
    driver_.services_.status.update(driver_.name(), [&](StreamStatus& s) {
      s.documents += made.documents;
      s.corrections += made.corrections;
      s.correction_tokens += made.correction_tokens;
      s.correction_amount = s.correction_amount + made.correction_amount;
      for (std::size_t i = 0; i < Lateness::slots; ++i)
        s.lateness.counts[i] += made.lateness.counts[i];
    });
  }

  Driver& driver_;
  OpenLane& open_;
};

Driver::Driver(const Services& services, const StreamChoice& choice)
    : services_(services), choice_(choice) {
  services_.status.update(name(), [](StreamStatus&) {});
}

asio::awaitable<void> Driver::run() {
  for (;;) {
    const Monotonic started = services_.host.monotonic();
    const Poll poll = co_await poll_once();
    report(poll);
    // Live polling goes first: history is read in the time that is left until the next poll.
    if (!poll.error) co_await backfill_until(started + choice_.settings.interval);
    co_await pause(poll, started);
  }
}

asio::awaitable<Driver::Poll> Driver::poll_once() {
  services_.status.update(name(), [](StreamStatus& s) { ++s.polls; });
  if (services_.organization_id.empty()) {
    const Answered who = co_await services_.organization.identify(services_, name());
    if (!who.ok) co_return Poll{who.error, who.not_before};
  }
  if (auto claimed = claim(); !claimed) co_return Poll{claimed.error()};
  if (choice_.stream->snapshot()) {
    if (lanes_.empty())
      if (auto opened = open_lanes(); !opened) co_return Poll{opened.error()};
    co_return co_await read_snapshot();
  }
  if (const Poll settled = co_await settle_times(); settled.error) co_return settled;
  if (lanes_.empty())
    if (auto opened = open_lanes(); !opened) co_return Poll{opened.error()};
  Poll read = co_await read_lanes();
  if (auto saved = save_cursors(); !saved) co_return Poll{saved.error()};
  if (read.error) co_return read;
  if (auto forgot = forget_old(); !forgot) co_return Poll{forgot.error()};
  co_return read;
}

asio::awaitable<Driver::Poll> Driver::read_lanes() {
  OpenLane& present = lane_in_use();
  const Instant read_to = present.lane.cursor;
  Poll all = co_await read_lane(present, read_to);
  if (all.error) co_return all;
  // A grain that the API does not take any more must not stop the present one.
  for (OpenLane& open : lanes_) {
    if (&open == &present) continue;
    Poll read = co_await read_lane(open, read_to);
    if (!read.error || read.error->code == Errc::nothing_yet) continue;
    if (read.error->code == Errc::state) co_return read;
    all.not_before = std::max(all.not_before, read.not_before);
    if (all.aside) continue;
    all.aside = std::move(read.error);
    all.aside->message =
        fmt::format("corrections of rows by {} [{}] before {} wait: {}", open.lane.bucket_width,
                    fmt::join(open.lane.group_by, ", "),
                    format_rfc3339(open.lane.end.value_or(open.lane.cursor)), all.aside->message);
  }
  co_return all;
}

Result<void> Driver::claim() {
  if (claim_) return success();
  auto taken = Claim::take({services_.organization_id, std::string(name()),
                            choice_.settings.data_stream_namespace, services_.instance_id});
  if (!taken) return taken.error();
  claim_.emplace(std::move(*taken));
  return success();
}

Result<void> Driver::open_lanes() {
  const std::string stream(name());
  if (choice_.stream->snapshot()) {
    ledger::Lane lane;
    lane.stream = stream;
    return add_lane(std::move(lane));
  }
  auto known = lanes_of(services_, choice_);
  if (!known) return known.error();
  for (ledger::Lane& lane : *known)
    if (auto opened = add_lane(std::move(lane)); !opened) return opened;
  auto lateness = services_.ledger.lateness(stream);
  if (!lateness) return lateness.error();
  services_.status.update(name(), [&](StreamStatus& s) { s.lateness = *lateness; });
  show_lanes();
  return success();
}

Driver::OpenLane& Driver::lane_in_use() {
  const auto in_use = std::find_if(lanes_.begin(), lanes_.end(),
                                   [](const OpenLane& open) { return !open.lane.end; });
  return in_use == lanes_.end() ? lanes_.back() : *in_use;
}

void Driver::show_lanes() {
  if (lanes_.empty() || choice_.stream->snapshot()) return;
  const Instant cursor = lane_in_use().lane.cursor;
  const Instant origin = oldest_lane().lane.origin;
  services_.status.update(name(), [&](StreamStatus& s) {
    s.cursor = cursor;
    s.backfill_from = choice_.settings.backfill_from;
    if (s.backfill_from) s.backfilled = origin;
  });
}

Result<void> Driver::add_lane(ledger::Lane lane) {
  OpenLane& open = lanes_.emplace_back();
  open.lane = std::move(lane);
  open.settings = choice_.settings;
  if (!choice_.stream->snapshot()) {
    open.settings.bucket_width = open.lane.bucket_width;
    open.settings.group_by = open.lane.group_by;
    open.settings.data_stream_namespace = open.lane.data_stream_namespace;
    open.saved = open.lane.cursor;
  }
  open.fetcher = choice_.stream->make(open.settings, services_.settings.api_version);
  open.emitter = std::make_unique<Emitter>(*choice_.stream, open.settings, open.fetcher->layout(),
                                           services_.organization_id, open.lane, services_.ledger,
                                           services_.delivery, services_.settings.batch_documents,
                                           services_.settings.batch_bytes);
  open.tiers = std::make_unique<Tiers>(open.settings.tiers);
  auto pages = remembered_pages(services_.ledger, open.lane.id);
  if (!pages) return pages.error();
  open.pages = PageSize(open.fetcher->most_buckets(), *pages);
  return success();
}

asio::awaitable<Driver::Poll> Driver::read_lane(OpenLane& open, Instant read_to) {
  const Monotonic started = services_.host.monotonic();
  const Milliseconds look_back = open.tiers->due(started);
  const auto windows = plan(open.lane, services_.server_clock.now(), open.fetcher->width(),
                            open.fetcher->most_buckets(), open.settings.settle, look_back, read_to);
  for (const Window& window : windows) {
    streams::BucketSequence sequence(window, open.fetcher->width());
    const Poll read = co_await read_window(open, window, sequence);
    if (read.error) co_return read;
    open.lane.cursor = std::max(open.lane.cursor, window.end);
    if (auto saved = save_cursors(); !saved) co_return Poll{saved.error()};
  }
  open.tiers->done(look_back, started);
  show_lanes();
  co_return Poll{};
}

asio::awaitable<Driver::Poll> Driver::read_window(OpenLane& open, const Window& window,
                                                  streams::BucketSequence& sequence) {
  const std::chrono::seconds width = open.fetcher->width();
  LaneSink sink(*this, open);
  std::set<std::string> tokens;
  std::string token;
  BrokenRows& broken = window.end <= open.lane.origin ? open.broken_history : open.broken;
  broken.begin();
  Window rest = window;  // Less of it once an answer was too much: the pages begin anew.
  while (rest.start < rest.end) {
    const std::int64_t asked = std::min((rest.end - rest.start) / width, open.pages.limit());
    PageReader page(*open.fetcher, sequence, sink, services_.settings.batch_documents,
                    broken.set_aside());
    Answered answer =
        co_await request(services_, name(), open.fetcher->request(rest, token, asked), page);
    const auto handed_on = co_await page.hand_on();
    broken.met(page.met_broken());
    if (page.gap()) services_.status.update(name(), [](StreamStatus& s) { ++s.gaps; });
    // Some of what came is not in the ledger: nothing moves.
    if (!handed_on)
      co_return Poll{answer.ok || handed_on.error().code == Errc::state ? handed_on.error()
                                                                        : answer.error};
    // What came before the fault is whole, and need not come again.
    sequence = page.sequence();
    if (!page.gap())
      if (auto kept = keep_progress(open, window, sequence.reached()); !kept)
        co_return Poll{kept.error()};
    if (!answer.ok) {
      if (!ask_for_less(open, answer.error, asked)) co_return Poll{answer.error, answer.not_before};
      rest.start = sequence.reached();
      token.clear();
      tokens.clear();
      continue;
    }
    if (open.pages.came(asked)) remember(open);
    services_.status.update(name(), [](StreamStatus& s) { ++s.pages; });
    token = page.next_page();
    const std::int64_t most_pages = (rest.end - rest.start) / width + 1;
    const bool again = !token.empty() && !tokens.insert(token).second;
    if (again || static_cast<std::int64_t>(tokens.size()) > most_pages)
      co_return Poll{Error{Errc::protocol,
                           "$.next_page leads in a circle: the same page was named twice, "
                           "or more pages than buckets were asked for"}};
    if (token.empty()) break;
  }
  if (auto whole = sequence.finish(); !whole) {
    services_.status.update(name(), [](StreamStatus& s) { ++s.gaps; });
    co_return Poll{whole.error()};
  }
  broken.end();
  co_return Poll{};
}

asio::awaitable<void> Driver::wait_for_room() {
  while (services_.delivery.enough()) co_await services_.room.wait();
}

asio::awaitable<void> Driver::pause(const Poll& poll, Monotonic started) {
  const Milliseconds interval = choice_.settings.interval;
  if (!poll.error) {
    co_await services_.sleeper.until(
        std::max<Monotonic>(started + interval, services_.host.monotonic() + poll.not_before));
    co_return;
  }
  Milliseconds left = pause_after(poll.error->code, failures_, interval, poll.not_before);
  // A long pause is cut up, so that a key that was replaced is noticed within an interval.
  while (left > Milliseconds(0)) {
    const Milliseconds part = std::min(left, interval);
    co_await services_.sleeper.until(services_.host.monotonic() + part);
    left -= part;
    if (left <= Milliseconds(0)) continue;
    const auto changed = services_.credential.reload_if_changed();
    if (changed && *changed) co_return;
  }
}

void Driver::report(const Poll& poll) {
  if (!poll.error || poll.error->code == Errc::nothing_yet) {
    if (failures_ > 0) services_.log(LogLevel::info, name(), "recovered");
    failures_ = 0;
    last_logged_.clear();
    // "Nothing yet" may come without a date, before any answer had one.
    if (services_.server_clock.known()) {
      const Instant now = services_.server_clock.now();
      services_.status.update(name(), [&](StreamStatus& s) { s.last_success = now; });
    }
    std::string missing;
    services_.status.update(name(), [&](StreamStatus& s) {
      s.error_code.clear();
      s.error_status = 0;
      s.refused = false;
      missing = s.told_set_aside();
    });
    report_aside(poll.aside, missing);
    return;
  }
  ++failures_;
  const Error& error = *poll.error;
  const std::string message = services_.credential.scrub(error.message);
  services_.status.set_last_error(fmt::format("{}: {}", name(), message));
  const bool refused = error.code == Errc::unauthorized || error.code == Errc::forbidden ||
                       error.code == Errc::configuration;
  services_.status.update(name(), [&](StreamStatus& s) {
    s.error_code = anthropic_metrics::name(error.code);
    s.error_status = s.http_status >= 400 ? s.http_status : 0;
    s.refused = error.code == Errc::unauthorized || error.code == Errc::forbidden;
  });
  if (refused) {
    const auto reloaded = services_.credential.reload();
    if (reloaded && *reloaded) failures_ = 0;
  }
  const std::string_view cause = api::without_request_id(message);
  if (cause != last_logged_)
    services_.log(refused ? LogLevel::error : LogLevel::warn, name(), message);
  last_logged_ = cause;
  set_health(refused ? Health::failed : Health::degraded, message);
}

void Driver::report_aside(const std::optional<Error>& aside, const std::string& missing) {
  const std::string message = aside ? services_.credential.scrub(aside->message) : std::string();
  if (aside) {
    const std::string_view cause = api::without_request_id(message);
    if (cause != last_aside_) services_.log(LogLevel::warn, name(), message);
    last_aside_ = cause;
    services_.status.update(
        name(), [&](StreamStatus& s) { s.error_code = anthropic_metrics::name(aside->code); });
  } else {
    last_aside_.clear();
  }
  set_health(aside ? Health::degraded : Health::healthy, aside ? message : missing);
}

void Driver::set_health(Health health, const std::string& message) {
  bool changed = false;
  services_.status.update(name(), [&](StreamStatus& s) {
    changed = s.health != health;
    s.health = health;
    s.message = message;
  });
  if (changed) services_.host.health(health, name(), message);
}

}  // namespace anthropic_metrics
