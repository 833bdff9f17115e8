// SPDX-License-Identifier: Apache-2.0
// One instance as the ABI sees it: a runtime, who is inside it, and the batches the host holds.
// Decides who may call when; what happens is the runtime's.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "beat_plugin.h"
#include "runtime.hpp"

namespace anthropic_metrics {

class Instance {
 public:
  Instance(std::unique_ptr<Runtime> runtime, std::string id);

  beat_status poll(const beat_poll_args& args, beat_poll_result& result);
  beat_status ack(beat_batch_id batch, const beat_ack_args& args);
  beat_status release(beat_batch_id batch);
  beat_status cancel();
  /// BEAT_OK once everything is freed; the object is then empty.
  beat_status shutdown(Milliseconds budget);

  bool forked() const noexcept;
  std::string status_json() const;
  std::string last_error() const;
  const std::string& id() const noexcept { return id_; }

 private:
  /// A batch in the ABI's structs. The bytes belong to the runtime's batch.
  struct Held {
    beat_batch batch{};
    std::vector<beat_doc> documents;
  };

  const beat_batch* hold(const Batch& batch);
  void forget(beat_batch_id batch);
  /// The runtime, kept alive for the call; null after shutdown.
  std::shared_ptr<Runtime> runtime() const;

  const std::string id_;
  const pid_t pid_;
  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::shared_ptr<Runtime> runtime_;
  bool inside_ = false;  ///< A poll or a shutdown is at work.
  bool stopping_ = false;
  std::map<beat_batch_id, std::unique_ptr<Held>> held_;
};

}  // namespace anthropic_metrics
