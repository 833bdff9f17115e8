// SPDX-License-Identifier: Apache-2.0
// `backfill` as a person follows it: what it will be, how it proceeds, whether the output takes it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "log.hpp"
#include "run/history.hpp"
#include "run/history_forecast.hpp"
#include "run/instance.hpp"
#include "run/written_count.hpp"

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
  // written and log outlive it. The log is told whatever its level: a person waits for it.
  HistoryWatch(std::vector<HistoryTask> tasks, const WrittenCount& written, Log& log);
  ~HistoryWatch();
  HistoryWatch(const HistoryWatch&) = delete;
  HistoryWatch& operator=(const HistoryWatch&) = delete;

  // What can be said before the first request.
  void tell_before();
  // What this asks of the instances adds up all that changed: so rarely is enough, and in between
  // it answers that it is running.
  static constexpr std::chrono::milliseconds between_looks{250};
  // Tells what changed since, at most once a second: to whoever watches by a bar.
  Instance::Round look(const std::vector<std::unique_ptr<Instance>>& instances);

 private:
  // Where a stream stood when it was first seen, and what was told of its rest since.
  struct Begun {
    double share = 0;
    WrittenCount::Sum written;
    bool told = false;
    bool fits = true;
  };
  // All that is asked for as one bar.
  void show(const std::vector<HistoryPart>& parts);
  void tell_changed(const std::string& input, const HistoryPart& part);
  // Once, and once more if it turns out not to fit; again: it may be looked at again.
  void tell_rest(const std::string& input, const HistoryPart& part, bool again);

  const std::vector<HistoryTask> tasks_;
  const WrittenCount& written_;
  Log& log_;
  std::chrono::steady_clock::time_point looked_at_{}, told_at_{};
  std::chrono::steady_clock::time_point began_{};  // when the first part was seen to move
  double share_before_ = 0;
  std::map<std::string, std::string> told_;  // by input and stream
  std::map<std::string, Begun> begun_;       // likewise
};

}  // namespace anthropic_metrics::host
