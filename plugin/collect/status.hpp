// SPDX-License-Identifier: Apache-2.0
// What an instance knows of its own state, for status_json and health. Written on the poll thread,
// read from any: thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/error.hpp"
#include "collect/period_totals.hpp"
#include "ledger/lateness.hpp"
#include "ledger/seen.hpp"

namespace anthropic_metrics {

/// Numbers as in beat_plugin.h.
enum class Health { starting, healthy, degraded, failed, stopping, stopped };

const char* name(Health health) noexcept;

/// What makes a stream's health another one, counters and places aside.
struct StreamState {
  Health health = Health::starting;
  std::string error_code;
  int error_status = 0;
  bool refused = false;
  bool operator==(const StreamState&) const = default;
};

struct StreamStatus {
  Health health = Health::starting;
  std::string message;                    ///< Why, if it is not healthy.
  std::optional<Instant> last_success{};  ///< Server time.
  std::optional<Instant> cursor{};        ///< Every bucket before it has been emitted.
  std::optional<Instant> next_due{};      ///< When it is to be polled again, by server time.
  std::string error_code;                 ///< Class of the error that the message tells.
  int http_status = 0;                    ///< Of the newest request; 0: it had no answer.
  int error_status = 0;                   ///< HTTP status behind the error; 0: it was no answer's.
  bool refused = false;                   ///< The credential was not accepted for this stream.

  // Counters since the start.
  std::int64_t polls = 0;
  std::int64_t pages = 0;
  std::int64_t requests = 0;
  std::int64_t retries = 0;
  std::int64_t throttled = 0;             ///< Answers with status 429.
  std::map<int, std::int64_t> answers{};  ///< Requests that are over, by status; 0: had no answer.
  std::int64_t bytes = 0;                 ///< Of bodies, inflated.
  std::int64_t documents = 0;             ///< Made, corrections included.
  std::int64_t corrections = 0;           ///< Documents with a revision above 0.
  std::int64_t correction_tokens = 0;     ///< Sum of corrected counters, without sign.
  Decimal correction_amount{};            ///< The same of money, in cents.
  std::int64_t gaps = 0;  ///< Answers in which buckets were missing or out of order.

  /// Buckets with rows that could not be read: those rows are in no sum.
  struct Missing {
    std::int64_t rows = 0;
    std::optional<Instant> read_until{};  ///< Reading it again may mend it until then.
    std::string reason;                   ///< Of the first.
  };
  std::map<Instant, Missing> set_aside{};
  std::int64_t set_aside_rows() const;
  /// What is missing, in one sentence; empty if nothing is.
  std::string told_set_aside() const;

  /// Up to when the newest answer called its numbers complete; Instant::min(): nothing is,
  /// Instant::max(): it says no such thing.
  std::optional<Instant> complete_to{};
  std::optional<std::int64_t> source_lag_seconds(Instant now) const;
  /// That it holds buckets back, in one sentence; empty if it does not.
  std::string told_incomplete() const;

  Lateness lateness{};                     ///< How long after closing buckets still changed.
  std::optional<Instant> backfill_from{};  ///< Where a backfill shall reach,
  std::optional<Instant> backfilled{};     ///< how far it got,
  bool history_ends = false;               ///< The API has nothing older than that,
  std::string backfill_waits_for;          ///< and the error that it waits to be over.

  StreamState state() const { return {health, error_code, error_status, refused}; }
};

class Status {
 public:
  /// Changes one stream's entry under the lock.
  template <class F>
  void update(std::string_view stream, F change) {
    const std::lock_guard lock(mutex_);
    StreamStatus& entry = streams_[std::string(stream)];
    const StreamState before = entry.state();
    change(entry);
    if (entry.state() != before) ++changes_;
  }
  /// Rises whenever some stream's state becomes another.
  std::uint64_t changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }
  StreamStatus stream(std::string_view stream) const;

  void set_organization(std::string_view id);
  void set_last_error(std::string_view text);
  std::string last_error() const;

  /// What concerns all streams together, and none of them alone.
  enum class Concern { state, time };
  /// healthy: nothing is wrong with it any more.
  void set(Concern concern, Health health, std::string_view text);

  /// The worst of the concerns and the streams; starting before the first answer.
  Health health() const;
  /// Why it is that: what concerns all streams if none of them is as bad, else the last error.
  std::string reason() const;

  /// Facts that others own and the text shows.
  struct Facts {
    std::string instance_id;
    bool stopping = false;
    bool durable = false;
    std::string state_path;
    ledger::Seen state_seen{};
    bool verified = true;
    std::optional<Instant> server_time{};
    std::size_t ready = 0, in_flight = 0;
    std::uint64_t pending_documents = 0, pending_bytes = 0, delivered = 0, dropped = 0;
    std::uint64_t rejected = 0, handed_out_batches = 0, retried_batches = 0;
    PeriodTotals::ByStream totals{};
    PeriodTotals::Daily daily{};
  };
  std::string json(const Facts& facts) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, StreamStatus> streams_;
  std::uint64_t changes_ = 0;
  std::string organization_;
  std::string last_error_;
  struct Told {
    Health health = Health::healthy;
    std::string message;
  };
  const Told& told(Concern concern) const { return told_[static_cast<std::size_t>(concern)]; }
  std::array<Told, 2> told_;  ///< By concern.
};

}  // namespace anthropic_metrics
