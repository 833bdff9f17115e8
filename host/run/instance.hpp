// SPDX-License-Identifier: Apache-2.0
// One input of the policy at work: a plugin instance, and what a turn at it is: a poll, whose batch
// goes to the delivery. It decides nothing about policies or processes.
#pragma once

#include <beat_plugin.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "log.hpp"
#include "outputs/sink.hpp"
#include "policy/audit_settings.hpp"
#include "policy/output.hpp"
#include "run/delivery.hpp"
#include "run/instance_events.hpp"
#include "run/retry_pause.hpp"
#include "run/round.hpp"
#include "run/seen_file.hpp"
#include "run/workers.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

// What an instance is made of. Two equal specifications are the same work, however much is logged.
struct InstanceSpec {
  std::string id;
  SecretText config;  // the plugin's configuration, JSON; never logged
  std::optional<LogLevel> log_level;
  OutputPtr output;
  std::vector<StreamTarget> targets;
  std::vector<SecretText> secrets;  // held so that the log goes on replacing them
  std::optional<AuditSettings> audit{};

  bool operator==(const InstanceSpec& other) const;
};

struct InstanceTiming {
  std::uint32_t poll_budget_ms = 500;
  std::chrono::milliseconds first_retry{1000};  // after a failing sink or poll; doubles
  std::chrono::milliseconds longest_retry{30'000};
  std::chrono::milliseconds shutdown_budget{50};  // of one attempt
  // When a stream needs a person: how long the others may stand still before the round is over.
  std::chrono::milliseconds standstill{10'000};
};

class Instance final : public Task {
 public:
  // All references must outlive the instance. timing and events are copied.
  Instance(InstanceSpec spec, const beat_plugin_api& api, Sink& sink, Workers& workers, Log& log,
           InstanceTiming timing = {}, InstanceEvents events = {});
  // Stops and waits as long as it takes.
  ~Instance() override;

  // Creates the plugin's instance and has the workers poll it.
  Result<void> start();

  // Asks for the end: cuts a running poll short, does not wait.
  void request_stop();
  // Waits until the plugin's instance is gone. False if it is not within the time: then the plugin
  // is still inside, and library, sink and this object must stay alive.
  bool wait_stopped(std::chrono::milliseconds longest);

  // Where the first round stands; done and refused both mean that nothing waits to be written.
  enum class Round {
    running,
    done,     // every stream has succeeded
    refused,  // a stream needs a person, and the others have nothing to do or stand still
  };
  Round round() const { return round_; }
  // True while the sink refuses documents; for_good if no retry can help.
  bool sink_failing() const { return delivery_.failing(); }
  bool sink_failed_for_good() const { return delivery_.failed_for_good(); }
  const InstanceSpec& spec() const { return spec_; }
  // Another level from now on; nothing: the log's. From any thread.
  void set_log_level(std::optional<LogLevel> level) { level_ = level; }
  // From any thread.
  OutputState output_state() const { return delivery_.output_state(); }
  SinkReport sink_report() const { return sink_.report(); }
  // The plugin's own account, JSON. From any thread; empty before start() and after the end.
  std::string status() const;
  // The plugin's newest failure. From any thread.
  std::string last_error() const;

  // What the newest audit of it found, JSON; empty: there was none. From any thread.
  void set_audit(std::string found);
  std::string audit() const;
  Sink& sink() const { return sink_; }

  // For whoever asks the plugin for more than polls; all from any thread.
  beat_handle handle() const { return handle_; }
  // As soon as all that the plugin has is delivered there is no poll any more, until go_on().
  void hold();
  void go_on();
  bool is_held() const;
  // Ends the wait for the next poll.
  void poll_now();
  // Nothing that the plugin has made waits to be written.
  bool delivered() const;
  // Documents of a stream since the start.
  std::uint64_t written(std::string_view stream) const;

 private:
  Next take_turn(Turn& turn) override;
  Next poll_once(Turn& turn);
  void judge_round(const beat_poll_result& result);
  Next shut_down(Turn& turn);
  void tell_once(LogLevel level, const std::string& cause);
  void say(LogLevel level, std::string_view logger, std::string_view text);
  bool stopping() const { return stop_; }
  // Somebody holds the instance, and it has delivered everything.
  bool stands_still();
  LogLevel level() const { return level_.load().value_or(log_.level()); }

  static void BEAT_CALL on_log(void* ctx, std::int32_t level, beat_span component, beat_span text);
  static std::int32_t BEAT_CALL on_log_level(void* ctx);
  static void BEAT_CALL on_health(void* ctx, std::int32_t health, beat_span stream, beat_span text);

  const InstanceSpec spec_;
  const beat_plugin_api& api_;
  Sink& sink_;
  Workers& workers_;
  Log& log_;
  const InstanceTiming timing_;
  const InstanceEvents events_;
  beat_host_api host_{};
  beat_handle handle_ = 0;

  std::atomic<std::optional<LogLevel>> level_;
  std::atomic<bool> stop_ = false;
  std::atomic<Round> round_ = Round::running;

  // Of the turn that goes on.
  RetryPause retry_;
  bool told_busy_ = false;
  std::string told_cause_;
  Standstill standstill_;

  SeenFile seen_;
  Delivery delivery_;

  mutable std::mutex mutex_;
  bool hold_ = false, held_ = false;  // guarded by mutex_, as audit_
  std::string audit_;
};

}  // namespace anthropic_metrics::host
