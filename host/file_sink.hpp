// SPDX-License-Identifier: Apache-2.0
// Documents as NDJSON files, one per data stream: <path>/metrics-<dataset>-<namespace>.ndjson. Full
// files are renamed to ....ndjson.1, .2 and so on; the oldest is removed.
//
// A batch counts as written when every file it touched was flushed to the disk. If that fails, the
// files are cut back to what they held before, so that the repetition does not double documents.
#pragma once

#include <map>
#include <mutex>

#include "rotating_file.hpp"
#include "sink.hpp"

namespace anthropic_metrics::host {

class FileSink : public Sink {
 public:
  explicit FileSink(Output output);
  std::optional<SinkFailure> write(const beat_batch& batch,
                                   const std::vector<StreamTarget>& targets) override;

 private:
  RotatingFile& file_of(const StreamTarget& target);

  const Output output_;
  std::mutex mutex_;
  std::map<std::string, RotatingFile> files_;  // by file name
};

}  // namespace anthropic_metrics::host
