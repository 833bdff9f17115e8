// SPDX-License-Identifier: Apache-2.0
// Windows that the host asked for, until they are read: told from any thread, taken by the drivers
// on the loop. Also who reads what just now, so that nobody is told what a store holds of a window
// while documents of it are made.
//
// A window of which the ledger was told what the store holds must be read, whatever comes between:
// until then the state has a note of it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "collect/waiting.hpp"
#include "ledger/delivery.hpp"
#include "ledger/ledger.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

class Asked {
 public:
  enum class Kind {
    read,     ///< What the ledger knows of it is true.
    told,     ///< The ledger was told what the store holds of it.
    withdraw  ///< The same, and all of it is taken back: nothing is asked for.
  };
  struct Window {
    std::uint64_t number = 0;
    std::string stream;
    std::int64_t lane = 0;
    streams::Window time;
    Kind kind = Kind::read;
    bool begun = false;  ///< Somebody has begun to read it.
  };
  struct Telling {
    ledger::Told told;
    std::vector<Batch> batches{};  ///< To be delivered.
  };
  struct Progress {
    std::uint32_t waiting = 0;  ///< That one too that is being read.
    std::uint64_t done = 0, failed = 0;
    std::optional<Instant> reached{};  ///< Of the newest window that is done.
  };

  /// ledger and delivery are borrowed. on_ask: called from any thread; it must have ring() called
  /// on the loop.
  Asked(boost::asio::io_context& loop, ledger::Ledger& ledger, Delivery& delivery,
        std::function<void()> on_ask);

  // Of the host, from any thread:

  /// From now on nothing is read but what is asked for.
  void read_nothing_else() { only_ = true; }
  bool only() const { return only_; }
  /// telling: what the ledger is told with it and what makes that true, all or nothing; null for
  /// Kind::read. Errc::busy while 16 windows wait, or while it cannot be told: the window is being
  /// read, waits to be read, or documents of it wait for delivery.
  Result<void> ask(Window window, Telling* telling);
  Progress progress() const;

  // Of the streams, on the loop:

  /// What an earlier run was asked for and did not read.
  Result<void> recover(const std::string& stream);
  /// The first window of the stream. It stays the first until it is done or given up.
  std::optional<Window> next(std::string_view stream);
  /// The number of the newest window of the stream that waits; 0: none does.
  std::uint64_t newest(std::string_view stream) const;
  /// It was read up to there.
  Result<void> done(const Window& window, Instant reached);
  Result<void> give_up(const Window& window);

  /// While it lives, documents of that window may be made.
  class Reading {
   public:
    Reading(Asked& asked, std::int64_t lane, const streams::Window& time);
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading();

   private:
    friend class Asked;
    Asked& asked_;
    std::int64_t lane_;
    streams::Window time_;
  };

  /// Wakes who sleeps with it.
  Gate& bell() { return bell_; }
  void ring() { bell_.open_all(); }

 private:
  Result<void> may_tell(const Window& window) const;
  Result<void> remove(const Window& window);
  /// All of the stream's windows that must survive, for its note.
  std::string note_of(std::string_view stream) const;

  mutable std::mutex mutex_;
  ledger::Ledger& ledger_;
  Delivery& delivery_;
  std::function<void()> on_ask_;
  Gate bell_;
  std::atomic<bool> only_{false};
  std::list<Window> windows_;  ///< In the order they were asked for.
  std::list<const Reading*> readings_;
  std::uint64_t numbers_ = 0;
  Progress progress_;
};

}  // namespace anthropic_metrics
