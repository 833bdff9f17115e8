// SPDX-License-Identifier: Apache-2.0
// `backfill` as a person follows it: what it will be, how it proceeds, whether the output takes it.
#pragma once

#include <beat_plugin.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "log.hpp"
#include "run/history.hpp"
#include "run/history_forecast.hpp"
#include "run/instance.hpp"

namespace anthropic_metrics::host {

// The history of one stream of one input that is asked for.
struct HistoryTask {
  std::string input;
  std::string stream;
  std::string from;
  std::string width;  // of a bucket
  OutputPtr output;
  StreamTarget target;
};

class HistoryWatch {
 public:
  // log outlives it. It is told whatever its level: a person waits for it.
  HistoryWatch(std::vector<HistoryTask> tasks, Log& log);

  // What can be said before the first request.
  void tell_before();
  // A batch was written. From any thread.
  void count(const beat_batch& batch, const std::vector<StreamTarget>& targets);
  // Tells what changed since; at most once a second.
  Instance::Round look(const std::vector<std::unique_ptr<Instance>>& instances);

 private:
  struct Written {
    std::uint64_t documents = 0;
    std::uint64_t bytes = 0;
  };
  // Where a stream stood when it was first seen, and what was told of its rest since.
  struct Begun {
    double share = 0;
    Written written;
    bool told = false;
    bool fits = true;
  };
  void tell_changed(const std::string& input, const HistoryPart& part);
  // Once, and once more if it turns out not to fit; again: it may be looked at again.
  void tell_rest(const std::string& input, const HistoryPart& part, bool again);
  Written written(const StreamTarget& target) const;

  const std::vector<HistoryTask> tasks_;
  Log& log_;
  std::chrono::steady_clock::time_point told_at_{};
  std::map<std::string, std::string> told_;  // by input and stream
  std::map<std::string, Begun> begun_;       // likewise
  mutable std::mutex mutex_;
  std::map<std::string, Written> written_;  // by dataset and namespace; guarded by mutex_
};

}  // namespace anthropic_metrics::host
