// SPDX-License-Identifier: Apache-2.0
// Where documents go. A sink either has a whole batch for good or has none of it.
#pragma once

#include <beat_plugin.h>

#include <array>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "failure.hpp"
#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

// What became of a batch that was written.
struct Written {
  std::vector<std::uint32_t> rejected{};  // documents refused for good and put aside, by index
  // It was not: somebody came in between after copied() was called. No fault; it is to be written
  // once more.
  bool again = false;
};

// What a write may be told, and what it tells.
struct Writing {
  std::stop_token stop{};
  // Called at most once, when the batch's bytes are not looked at any more and what becomes of it
  // is not known yet: its memory may go.
  std::function<void()> copied{};
};

// What a sink has done since it was made; only grows but for the last two.
struct SinkReport {
  std::uint64_t accepted = 0;    // documents that are there because of us
  std::uint64_t present = 0;     // documents that were there already, with equal content
  std::uint64_t retried = 0;     // documents sent again after a refusal that passes
  std::uint64_t rejected = 0;    // documents put aside: dead letters
  std::uint64_t requests = 0;    // of outputs that send
  std::uint64_t failed = 0;      // requests without an answer, or refused as a whole
  std::uint64_t bytes = 0;       // of documents accepted, before compression
  std::uint64_t sent_bytes = 0;  // as they travelled
  // Answers by how long they took: the first of these bounds, in milliseconds, that holds; the last
  // counts all beyond.
  static constexpr std::array<std::uint32_t, 9> latency_bounds_ms{10,   25,   50,    100,  250,
                                                                  1000, 2500, 10000, 30000};
  std::array<std::uint64_t, latency_bounds_ms.size() + 1> latency{};
  double latency_sum_s = 0;
  std::uint64_t dead_letters = 0;  // that wait for a person, in documents
  std::string remark;              // why it is degraded although it writes, one sentence; or empty
};

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Writes the documents and makes them durable before it returns. targets: by beat_doc.stream; a
  // document of a stream beyond them is a failure. A failure is one line, equal for equal causes;
  // it does not pass if the reader of a pipe is gone. Comes back soon after stop is requested, with
  // a failure if not all is written. Callable from several threads.
  virtual Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                                const Writing& writing = {}) = 0;

  // Somebody has moved files and asks to let go of them. Does not wait. From any thread.
  virtual void reopen() {}

  // A write calls copied() before it waits for anything.
  virtual bool copies() const { return false; }

  // From any thread.
  virtual SinkReport report() const { return {}; }
};

// The i-th document, stepped as the batch says.
inline const beat_doc& document(const beat_batch& batch, std::uint64_t index) {
  return *reinterpret_cast<const beat_doc*>(reinterpret_cast<const char*>(batch.docs) +
                                            index * batch.doc_stride);
}

}  // namespace anthropic_metrics::host
