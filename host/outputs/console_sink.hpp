// SPDX-License-Identifier: Apache-2.0
// Documents as NDJSON on standard output, for people, pipes and container logs.
//
// What was written cannot be taken back. So a batch that breaks off is remembered: before anything
// else is written its rest is, and when the batch itself comes again it counts as written.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "outputs/sink.hpp"
#include "outputs/sink_count.hpp"

namespace anthropic_metrics::host {

class ConsoleSink : public Sink {
 public:
  // fd is borrowed, and may be non-blocking.
  explicit ConsoleSink(int fd) : fd_(fd) {}
  // Waits for a reader that is slow.
  Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                        const Writing& writing = {}) override;

  SinkReport report() const override { return count_.report(); }

 private:
  // What of the text was not written: all of it is gone if there is no failure.
  Result<void> write_all(std::string_view& text) const;
  bool finished_earlier(std::string_view text);

  const int fd_;
  SinkCount count_;
  std::mutex mutex_;
  std::string broken_;                 // a batch that broke off,
  std::size_t written_ = 0;            // and how much of it was written
  std::vector<std::string> finished_;  // batches that broke off, written since, not yet back
};

}  // namespace anthropic_metrics::host
