// SPDX-License-Identifier: Apache-2.0
// What an instance's polls brought, on its way into the output: one batch after the other is
// written and acknowledged, in turns of its own, so that polls go on while the output's disk or
// network is waited for. There is no turn while there is nothing to write.
#pragma once

#include <beat_plugin.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "failure.hpp"
#include "log.hpp"
#include "outputs/sink.hpp"
#include "policy/plugin_config.hpp"
#include "run/instance_events.hpp"
#include "run/retry_pause.hpp"
#include "run/seen_file.hpp"
#include "run/workers.hpp"
#include "run/written_count.hpp"

namespace anthropic_metrics::host {

// How an instance's output fares.
struct OutputState {
  enum class Health { healthy, degraded, failed };  // failed: a person must act
  Health health = Health::healthy;
  std::string sentence{};  // why it is not healthy
};

class Delivery final : public Task {
 public:
  using Say = std::function<void(LogLevel, std::string_view)>;

  // Of one instance: its streams, and its pauses after a failure. References outlive it. owner: the
  // task that polls, woken when there is room again. say: to the log.
  Delivery(const std::vector<StreamTarget>& targets, const beat_plugin_api& api, Sink& sink,
           Workers& workers, const Task& owner, SeenFile& seen, RetryPause pause,
           const InstanceEvents& events, Say say);
  ~Delivery() override;

  // Before the first batch: whose they are.
  void begin(beat_handle instance) { instance_ = instance; }
  // A batch that a poll handed out.
  void take(const beat_batch& batch);

  // From any thread, as all below.
  // How long not to poll: nothing if a batch more can be taken. What ends an endless pause wakes
  // the owner.
  std::optional<std::chrono::milliseconds> pause() const;
  // Nothing is written, nor will be.
  bool idle() const;
  // What is written comes to its end soon and is acknowledged; what waits is left to the plugin.
  void stop();
  bool wait_over(std::chrono::milliseconds longest);

  // True while the output refuses documents; for good if no retry can help.
  bool failing() const { return failing_; }
  bool failed_for_good() const { return failed_for_good_; }
  OutputState output_state() const;
  // Documents of a stream since the start.
  std::uint64_t written(const StreamTarget& target) const { return count_.of(target).documents; }

 private:
  // The batch itself may be read until the sink has copied it.
  struct Taken {
    beat_batch_id id = 0;
    const beat_batch* batch = nullptr;
    bool copied = false;
  };
  // What became of a batch, until the plugin has taken it.
  struct Owed {
    beat_batch_id batch = 0;
    std::int32_t outcome = BEAT_ACK_DURABLE;
    std::vector<std::uint32_t> rejected{};
  };

  Next take_turn(Turn& turn) override;
  // One thing that is to be done, and the pause after it; nothing if there was none.
  std::optional<std::chrono::milliseconds> work();
  void deliver(const Taken& taken);
  // The batch that is written: its memory may go, and another may be read.
  void copied();
  void failed(const Failure& failure);
  // All that waits is handed out again, in its order.
  void give_back_all();
  // The pause until it is tried again; none if that is not needed.
  std::chrono::milliseconds acknowledge(const Owed& owed);
  // After a refusal the output is left alone for so long.
  void rest(std::chrono::milliseconds pause);
  std::optional<std::chrono::milliseconds> left_of_rest() const;  // with mutex_
  void tell_once(const std::string& cause);

  const std::vector<StreamTarget>& targets_;
  const beat_plugin_api& api_;
  Sink& sink_;
  Workers& workers_;
  const Task& owner_;
  SeenFile& seen_;
  const InstanceEvents& events_;
  const Say say_;
  const bool copies_;  // batches are in memory no longer than until the sink has copied them
  beat_handle instance_ = 0;
  std::stop_source stop_;
  WrittenCount count_;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> failed_for_good_ = false;

  // Of the turn that goes on.
  RetryPause retry_;
  std::string told_cause_;

  mutable std::mutex mutex_;
  std::deque<Taken> queue_;  // guarded by mutex_, as the others here
  std::deque<Owed> owed_;
  std::chrono::steady_clock::time_point rest_until_{};
  bool at_work_ = false;  // there are turns
  OutputState state_;
};

}  // namespace anthropic_metrics::host
