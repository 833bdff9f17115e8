// SPDX-License-Identifier: Apache-2.0
// Documents as NDJSON files, one per data stream: <path>/metrics-<dataset>-<namespace>.ndjson. Full
// files are renamed to ....ndjson.1, .2 and so on; rotating_file.hpp says what happens at the
// limit.
//
// A batch counts as written when every file it touched was flushed to the disk and still has its
// name. If that fails, the files are cut back to what they held before, so that the repetition does
// not double documents.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "log.hpp"
#include "outputs/file.hpp"
#include "outputs/rotating_file.hpp"
#include "outputs/sink.hpp"
#include "outputs/sink_count.hpp"

namespace anthropic_metrics::host {

class FileSink : public Sink {
 public:
  // output: its name, for messages. log hears of files that are removed.
  FileSink(std::string output, FileSettings settings, Log& log);
  Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                        const Writing& writing = {}) override;
  void reopen() override;
  bool copies() const override { return true; }
  SinkReport report() const override { return count_.report(); }

 private:
  using Lines = std::vector<std::vector<std::string_view>>;  // by stream
  // After a failure, or if it is to be tried again, nothing of it is there.
  Result<Written> write_lines(const Lines& lines, const std::vector<StreamTarget>& targets,
                              const Writing& writing);
  // After a failure those that were touched may hold a part of it.
  Result<void> append(const Lines& lines, const std::vector<StreamTarget>& targets,
                      std::vector<RotatingFile*>& touched, const Writing& writing);
  RotatingFile& file_of(const StreamTarget& target);
  void tell_deleted(const DeletedFile& file) const;
  void let_go();

  const std::string output_;
  const FileSettings settings_;
  Log& log_;
  std::atomic<bool> reopen_ = false;
  SinkCount count_;
  std::mutex mutex_;
  std::map<std::string, RotatingFile> files_;  // by file name
  bool taken_ = false;                         // a file was taken away amid the newest write
};

}  // namespace anthropic_metrics::host
