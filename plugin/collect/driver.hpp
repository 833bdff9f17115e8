// SPDX-License-Identifier: Apache-2.0
// Runs one stream for the life of the instance: waits, learns who we are, reads what is new and
// what may have changed, tells what became of it, and gives the time that is left to history.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "collect/asked_reader.hpp"
#include "collect/backfill.hpp"
#include "collect/claim.hpp"
#include "collect/lanes.hpp"
#include "collect/outcome.hpp"
#include "collect/read_snapshot.hpp"
#include "collect/services.hpp"
#include "collect/stream_report.hpp"

namespace anthropic_metrics {

class Driver {
 public:
  /// Both borrowed for the driver's life.
  Driver(const Services& services, const StreamChoice& choice);

  /// Never returns by itself; ends when the loop is destroyed. An exception that escapes is a bug:
  /// the runtime reports it and stops this stream only.
  boost::asio::awaitable<void> run();

  /// run() ended by an exception, and others still use what it used: they end soon.
  bool busy() const { return backfill_.busy(); }

 private:
  /// Of an instance that reads nothing but what it is asked for.
  boost::asio::awaitable<void> run_on_request();
  boost::asio::awaitable<Outcome<void>> identify();
  boost::asio::awaitable<Outcome<void>> poll_once();
  Result<void> claim();
  boost::asio::awaitable<Outcome<void>> read_lanes();
  boost::asio::awaitable<Outcome<void>> read_lane(Lane& lane, Instant read_to,
                                                  std::optional<Monotonic> next);
  /// After a poll that went well, until the next is due. History is read meanwhile.
  boost::asio::awaitable<void> rest(Monotonic started);
  boost::asio::awaitable<void> pause(const Failure& failure);
  /// When the bucket that ends a width behind `cursor` may be asked for; nothing: it may already,
  /// or server time is not sure.
  std::optional<Monotonic> closing(const Lane& lane, Instant cursor) const;
  Monotonic next_due(Monotonic started) const;
  void tell_due(Monotonic due) const;
  /// Until `due`; what is asked for meanwhile is read at once.
  boost::asio::awaitable<void> rest_until(Monotonic due);
  boost::asio::awaitable<void> read_asked();

  std::string_view name() const { return choice_.stream->name; }

  const Services& services_;
  const StreamChoice& choice_;
  std::optional<Claim> claim_;  ///< No other instance here collects the same.
  Lanes lanes_;
  Backfill backfill_;
  AskedReader asked_;
  WorkspaceParts parts_;
  StreamReport report_;
  std::optional<Failure> aside_;  ///< Of a lane that ended: told, but the present one goes on.
};

}  // namespace anthropic_metrics
