// SPDX-License-Identifier: Apache-2.0
// Documents as NDJSON on standard output, for people, pipes and container logs.
#pragma once

#include <mutex>

#include "sink.hpp"

namespace anthropic_metrics::host {

class ConsoleSink : public Sink {
 public:
  // fd is borrowed.
  explicit ConsoleSink(int fd) : fd_(fd) {}
  std::optional<SinkFailure> write(const beat_batch& batch,
                                   const std::vector<StreamTarget>& targets) override;

 private:
  const int fd_;
  std::mutex mutex_;
};

}  // namespace anthropic_metrics::host
