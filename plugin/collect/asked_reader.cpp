// SPDX-License-Identifier: Apache-2.0
#include "collect/asked_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/time_text.hpp"
#include "collect/read_rows.hpp"
#include "collect/read_window.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// How often one window is tried by an instance that has nothing else to do: whoever asked waits.
constexpr int most_failures = 5;
/// How often if it is answered, and wrongly.
constexpr int most_wrong_answers = 3;

}  // namespace

bool for_good(Errc code) {
  switch (code) {
    case Errc::transient:
    case Errc::throttled:
    case Errc::protocol:
    case Errc::nothing_yet:
    case Errc::cancelled:
    case Errc::busy:
    case Errc::state:
      return false;
    default:
      return true;
  }
}

asio::awaitable<Outcome<void>> AskedReader::read_all(const Lanes* lanes) {
  while (const auto window = services_.asked.next(choice_.stream->name)) {
    const auto lane = lane_of(*window, lanes);
    if (!lane) {
      if (auto gone = give_up(*window, lane.error()); !gone) co_return gone.error();
      continue;
    }
    Outcome<void> read;
    // Not as one expression: GCC 12 ends the temporaries of both twice.
    if (window->kind == Asked::Kind::withdraw)
      read = co_await withdraw(*window, **lane);
    else
      read = co_await this->read(*window, **lane);
    if (read) {
      failures_ = 0;
      continue;
    }
    const Failure& failure = read.error();
    // What is wrong with an answer is asked for again at once: it is so by chance, or will stay so.
    const bool wrong = lanes == nullptr && failure.code == Errc::protocol;
    const bool enough = lanes == nullptr && failure.code != Errc::throttled &&
                        ++failures_ >= (wrong ? most_wrong_answers : most_failures);
    if (!for_good(failure.code) && !enough) {
      if (wrong) continue;
      co_return failure;
    }
    Error why = failure;
    if (wrong && (*lane)->place().cursor == window->time.start)
      why.message += "; if the API's history begins later, ask for no more than it has";
    if (auto gone = give_up(*window, why); !gone) co_return gone.error();
  }
  lane_.reset();
  co_return Outcome<void>();
}

Result<Lane*> AskedReader::lane_of(const Asked::Window& window, const Lanes* lanes) {
  if (lanes != nullptr) {
    for (const auto& lane : lanes->all())
      if (lane->place().id == window.lane) return lane.get();
    return Error{Errc::argument, "no lane is left that the window belongs to"};
  }
  if (lane_ && number_ == window.number) return lane_.get();
  // How much of it was emitted is not known.
  if (window.begun) return Error{Errc::internal, "its reading broke off"};
  auto known = services_.ledger.lanes(window.stream);
  if (!known) return known.error();
  const auto place = std::find_if(known->begin(), known->end(),
                                  [&](const ledger::Lane& lane) { return lane.id == window.lane; });
  if (place == known->end()) return Error{Errc::argument, "its lane is gone"};
  place->origin = place->cursor = window.time.start;
  auto lane = Lane::open(services_, choice_, std::move(*place));
  if (!lane) return lane.error();
  lane_ = std::move(*lane);
  lane_->emitter().remember_nothing();
  number_ = window.number;
  failures_ = 0;
  return lane_.get();
}

asio::awaitable<Outcome<void>> AskedReader::read(const Asked::Window& window, Lane& lane) {
  const Instant now = services_.server_clock.now();
  const auto earliest = choice_.stream->earliest;
  if (earliest != nullptr && window.time.start < earliest(now))
    co_return Error{Errc::configuration,
                    fmt::format("the API has nothing before {}", format_rfc3339(earliest(now)))};
  const auto width = lane.fetcher().width();
  const Instant closed = streams::newest_boundary(now, width, lane.settings().settle);
  const bool on_request = &lane == lane_.get();
  Instant reached = on_request ? lane.place().cursor : window.time.start;
  for (const streams::Window& part : streams::split(reached, std::min(window.time.end, closed),
                                                    width, lane.fetcher().most_buckets())) {
    const Asked::Reading reading(services_.asked, lane.place().id, part);
    const auto read = co_await read_window(services_, lane, part);
    if (!read && read.error().code != Errc::nothing_yet) co_return read.error();
    if (read) reached = read->reached;
    if (reached < part.end) break;
  }
  if (auto finished = done(window, reached); !finished) co_return finished.error();
  co_return Outcome<void>();
}

asio::awaitable<Outcome<void>> AskedReader::withdraw(const Asked::Window& window, Lane& lane) {
  auto told = services_.ledger.buckets(lane.place().id, window.time.start, window.time.end);
  if (!told) co_return told.error();
  const Asked::Reading reading(services_.asked, lane.place().id, window.time);
  for (const Instant start : *told) {
    std::vector<streams::Bucket> nothing(1);
    nothing.front().start = start;
    nothing.front().end = start + lane.fetcher().width();
    if (auto emitted = co_await emit_buckets(services_, lane, std::move(nothing)); !emitted)
      co_return emitted.error();
  }
  if (auto finished = done(window, window.time.end); !finished) co_return finished.error();
  co_return Outcome<void>();
}

Result<void> AskedReader::done(const Asked::Window& window, Instant reached) {
  if (auto forgot = forget(window); !forgot) return forgot;
  if (auto done = services_.asked.done(window, reached); !done) return done;
  services_.log(LogLevel::debug, window.stream,
                fmt::format("read on request from {} to {}", format_rfc3339(window.time.start),
                            format_rfc3339(reached)));
  return success();
}

Result<void> AskedReader::give_up(const Asked::Window& window, const Error& why) {
  const std::string text =
      fmt::format("{}: the window from {} to {} is not read: {}", window.stream,
                  format_rfc3339(window.time.start), format_rfc3339(window.time.end),
                  services_.credential.scrub(why.message));
  services_.status.set_last_error(text);
  services_.log(LogLevel::warn, window.stream, text);
  if (auto forgot = forget(window); !forgot) return forgot;
  return services_.asked.give_up(window);
}

Result<void> AskedReader::forget(const Asked::Window& window) {
  if (!services_.asked.only() || window.kind == Asked::Kind::read) return success();
  std::vector<Batch> none;
  return services_.ledger.tell({window.lane, window.time.start, window.time.end, {}, {}, {}}, none);
}

Result<void> AskedReader::give_up_all(const Error& why) {
  while (const auto window = services_.asked.next(choice_.stream->name))
    if (auto gone = give_up(*window, why); !gone) return gone;
  return success();
}

}  // namespace anthropic_metrics
