// SPDX-License-Identifier: Apache-2.0
// Runs one stream for the life of the instance. This file reads in the order data flows: wait,
// learn who we are, plan windows, request pages, decode buckets, emit, advance.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <list>
#include <memory>
#include <string>

#include "collect/broken_rows.hpp"
#include "collect/claim.hpp"
#include "collect/emitter.hpp"
#include "collect/page_size.hpp"
#include "collect/requester.hpp"
#include "collect/schedule.hpp"
#include "collect/services.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

class Driver {
 public:
  /// Both borrowed for the driver's life.
  Driver(const Services& services, const StreamChoice& choice);

  /// Never returns by itself; ends when the loop is destroyed. An exception that escapes is a bug:
  /// the runtime reports it and stops this stream only.
  boost::asio::awaitable<void> run();

 private:
  /// A lane with what is needed to read it. A list keeps the addresses that the parts borrow.
  struct OpenLane {
    ledger::Lane lane;
    streams::StreamSettings settings;
    std::unique_ptr<streams::Fetcher> fetcher;
    std::unique_ptr<Emitter> emitter;
    std::unique_ptr<Tiers> tiers;
    Instant saved{};  ///< The cursor on disk: no further than confirmed time.
    PageSize pages{1};
    BrokenRows broken, broken_history;
  };

  class LaneSink;

  struct Poll {
    std::optional<Error> error{};
    Milliseconds not_before{0};
    std::optional<Error> aside{};  ///< Of a lane that ended: told, but the present one goes on.
  };

  boost::asio::awaitable<Poll> poll_once();
  Result<void> claim();
  Result<void> open_lanes();
  Result<void> add_lane(ledger::Lane lane);
  boost::asio::awaitable<Poll> read_lanes();
  boost::asio::awaitable<Poll> read_lane(OpenLane& open, Instant read_to);
  boost::asio::awaitable<Poll> read_window(OpenLane& open, const streams::Window& window,
                                           streams::BucketSequence& sequence);
  Result<void> keep_progress(OpenLane& open, const streams::Window& window, Instant reached);
  bool ask_for_less(OpenLane& open, Error& error, std::int64_t asked);
  void remember(const OpenLane& open);
  boost::asio::awaitable<Poll> read_snapshot();
  boost::asio::awaitable<void> backfill_until(Monotonic due);
  boost::asio::awaitable<Poll> backfill_window(OpenLane& open, const streams::Window& window);
  bool history_ends() const { return without_history_ >= 2; }
  boost::asio::awaitable<Poll> settle_times();
  boost::asio::awaitable<Answered> ask_for_time();
  Result<void> save_cursors();
  void report_backfill(Instant reached, const std::optional<Error>& error);
  OpenLane& oldest_lane();
  OpenLane& lane_in_use();
  Result<void> forget_old();
  Result<Instant> newest_saved();
  boost::asio::awaitable<void> wait_for_room();
  boost::asio::awaitable<void> pause(const Poll& poll, Monotonic started);
  void show_lanes();
  void report(const Poll& poll);
  void report_aside(const std::optional<Error>& aside, const std::string& missing);
  void set_health(Health health, const std::string& message);

  std::string_view name() const { return choice_.stream->name; }

  const Services& services_;
  const StreamChoice& choice_;
  std::optional<Claim> claim_;  ///< No other instance here collects the same.
  std::list<OpenLane> lanes_;
  bool backfilling_ = false;
  int without_history_ = 0;  ///< Answers in a row that had nothing older. One may be a fault.
  bool wrote_time_ = false;
  int failures_ = 0;         ///< Polls failed in a row.
  std::string last_logged_;  ///< So that one cause is logged once.
  std::string last_aside_;
};

}  // namespace anthropic_metrics
