// SPDX-License-Identifier: Apache-2.0
// What a sink that sends nothing has taken: for its report, which waits for no write.
#pragma once

#include <atomic>

#include "outputs/sink.hpp"

namespace anthropic_metrics::host {

class SinkCount {
 public:
  // What is counted of a batch, for when its memory may be gone.
  struct Batch {
    explicit Batch(const beat_batch& batch) : documents(batch.doc_count), bytes(batch.ndjson.len) {}
    std::uint64_t documents;
    std::uint64_t bytes;
  };

  void add(const Batch& batch) {
    documents_ += batch.documents;
    bytes_ += batch.bytes;
  }
  SinkReport report() const {
    SinkReport report;
    report.accepted = documents_;
    report.bytes = bytes_;
    return report;
  }

 private:
  std::atomic<std::uint64_t> documents_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace anthropic_metrics::host
