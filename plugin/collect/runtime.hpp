// SPDX-License-Identifier: Apache-2.0
// What a handle owns: settings, event loop, state, streams. Turns the host's poll into bounded work
// on the caller's thread; starts no thread of its own.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "collect/asked.hpp"
#include "collect/directory.hpp"
#include "collect/driver.hpp"
#include "collect/loop_descriptor.hpp"
#include "collect/observer.hpp"
#include "collect/organization.hpp"
#include "collect/reads.hpp"
#include "collect/services.hpp"
#include "net/tracer.hpp"

namespace anthropic_metrics {

class Runtime {
 public:
  /// Makes the transport for a loop. credential and tracer (may be null) are borrowed.
  using TransportFactory = std::function<Result<std::unique_ptr<net::Transport>>(
      boost::asio::io_context& loop, net::HttpSettings settings, net::Authorizer& credential,
      net::Tracer* tracer, Log log)>;

  /// Opens state and TLS; makes no request. Errors as for beat_plugin_init. transport: the network;
  /// tests give their own. seed: of the jitter between retries. uptime: the machine's.
  static Result<std::unique_ptr<Runtime>> make(Settings settings, std::unique_ptr<Host> host,
                                               const TransportFactory& transport = network(),
                                               std::uint64_t seed = std::random_device{}(),
                                               std::function<Uptime()> uptime = system_uptime);
  static TransportFactory network();
  ~Runtime();

  /// Under which name the host knows it; logged now, and part of the status.
  void introduce(std::string instance_id);
  /// Says so to the host, once each; from then on health is stopping.
  void tell_stopping();
  void tell_stopped() const;
  /// A bug was stopped at the edge; what, as last error.
  void note_escape(std::string_view what);

  struct PollResult {
    enum class Kind { batch, idle, backpressure, cancelled };
    Kind kind = Kind::idle;
    std::shared_ptr<Batch> batch;
    bool more = false;
    Milliseconds next_poll{0};
  };
  /// One caller at a time. Waits for the network at most `budget`, and works at most that or, if it
  /// is shorter, some milliseconds, so that every poll gets on; returns as soon as a batch is there
  /// or every stream waits for its time.
  Result<PollResult> poll(Milliseconds budget, Delivery::Limits limits);

  // From any thread:
  /// Nothing is read but what is asked for. Errc::argument if it was polled before, or has a state
  /// directory.
  Result<void> read_on_request();
  Reads& reads() { return *reads_; }
  Asked::Progress asked() const { return asked_->progress(); }
  Result<void> acknowledge(std::uint64_t batch, AckOutcome outcome, std::uint64_t rejected);
  Result<void> release(std::uint64_t batch) { return delivery_->release(batch); }
  void take_back(std::uint64_t batch) noexcept { delivery_->take_back(batch); }
  Result<std::size_t> documents_of(std::uint64_t batch) const {
    return delivery_->documents_of(batch);
  }
  /// The poll that runs, or else the next one, ends as cancelled.
  void cancel();
  /// Readable when a poll has work; from now on next_poll leaves out what this tells. The same for
  /// the life of the runtime.
  int descriptor();
  std::string status_json() const;
  std::string last_error() const { return status_.last_error(); }
  Health health() const { return stopping_ ? Health::stopping : status_.health(); }
  std::size_t in_flight() const { return delivery_->in_flight(); }

  /// Lets a name lookup under way end, at most `budget`. True: the runtime may be destroyed without
  /// waiting. Only when no poll runs.
  bool settle(Milliseconds budget);

 private:
  Runtime(Settings settings, std::unique_ptr<Host> host, std::unique_ptr<ledger::Ledger> ledger,
          std::uint64_t seed);
  /// A stream at work: its coroutine, and what becomes of it when an exception ended that.
  struct Life {
    const StreamChoice* choice = nullptr;
    std::unique_ptr<Driver> driver{};
    std::unique_ptr<Observer> observer{};
    Monotonic began{};
    std::optional<Monotonic> again{};  ///< Ended by weather: it begins anew then.
    int endings = 0;                   ///< In a row.
  };
  bool opened(const StreamChoice& choice);
  void spawn(Life& life);
  void ended(Life& life, const std::exception_ptr& escaped);
  void begin_anew();
  std::optional<Monotonic> next_due() const;
  /// Whether the state's files are there and new enough, told when that changes.
  Result<void> watch_state();
  void tell_health();
  void compare_with_wall(Instant server);
  Result<void> start(const TransportFactory& make_transport, std::function<Uptime()> uptime);
  std::size_t working() const;
  /// A batch is there, and the host may have one more.
  bool may_hand_out() const;
  void work(std::chrono::steady_clock::time_point until);
  bool run_ready(std::chrono::steady_clock::time_point until);
  Milliseconds next_poll(PollResult::Kind kind) const;
  /// Runs f on the loop, at once or in the next poll. From any thread.
  void post(std::function<void()> f);

  std::unique_ptr<Host> host_;
  Settings settings_;
  Status status_;
  std::unique_ptr<ledger::Ledger> ledger_;
  api::Keyring credential_;
  std::unique_ptr<net::Tracer> tracer_;
  ServerClock server_clock_;
  api::Pace pace_;
  std::string instance_id_;
  std::string organization_id_;
  std::mt19937_64 random_;
  std::atomic<bool> cancelled_{false};  ///< Until a poll has said so.
  std::atomic<bool> stopping_{false};
  std::atomic<bool> polled_{false};
  std::atomic<bool> waited_for_{false};  ///< Somebody waits for the descriptor.
  Health told_health_ = Health::starting;
  bool wall_differs_ = false;
  bool rested_ = true;  ///< Nothing is left to run but what waits.
  mutable std::mutex server_time_mutex_;
  std::optional<Instant> server_time_;  ///< For status, which other threads read.
  std::unique_ptr<PeriodTotals> totals_;

  // The loop ends before what its coroutines use, and the drivers before the loop's frames are
  // theirs.
  std::unique_ptr<boost::asio::io_context> loop_;
  std::unique_ptr<LoopDescriptor> descriptor_;
  std::unique_ptr<Delivery> delivery_;
  std::unique_ptr<Sleeper> sleeper_;
  std::unique_ptr<Gate> room_;
  std::unique_ptr<Turnstile> turns_;
  std::unique_ptr<History> history_;
  std::unique_ptr<Organization> organization_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Hold> hold_;
  std::unique_ptr<Asked> asked_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Reads> reads_;
  std::vector<Life> lives_;  ///< Never moved once their coroutines run.
  std::size_t stopped_ = 0;  ///< Lives that an exception ended.
  std::string state_text_;   ///< What was said of the state last.
};

}  // namespace anthropic_metrics
