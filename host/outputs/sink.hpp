// SPDX-License-Identifier: Apache-2.0
// Where documents go. A sink either has a whole batch for good or has none of it.
#pragma once

#include <beat_plugin.h>

#include <cstdint>
#include <vector>

#include "failure.hpp"
#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Writes the documents and makes them durable before it returns. targets: by beat_doc.stream; a
  // document of a stream beyond them is a failure. A failure is one line, equal for equal causes;
  // it does not pass if the reader of a pipe is gone. Callable from several threads.
  virtual Result<void> write(const beat_batch& batch, const std::vector<StreamTarget>& targets) = 0;

  // Somebody has moved files and asks to let go of them. Does not wait. From any thread.
  virtual void reopen() {}
};

// The i-th document, stepped as the batch says.
inline const beat_doc& document(const beat_batch& batch, std::uint64_t index) {
  return *reinterpret_cast<const beat_doc*>(reinterpret_cast<const char*>(batch.docs) +
                                            index * batch.doc_stride);
}

}  // namespace anthropic_metrics::host
