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

#include "log.hpp"
#include "outputs/file.hpp"
#include "outputs/output_error.hpp"
#include "outputs/rotating_file.hpp"
#include "outputs/sink.hpp"

namespace anthropic_metrics::host {

class FileSink : public Sink {
 public:
  // output: its name, for messages. log hears of files that are removed.
  FileSink(std::string output, FileSettings settings, Log& log);
  Result<void> write(const beat_batch& batch, const std::vector<StreamTarget>& targets) override;
  void reopen() override;

 private:
  using Lines = std::vector<std::vector<std::string_view>>;  // by stream
  // Throws OutputError, and then nothing of it is there.
  void write_once(const Lines& lines, const std::vector<StreamTarget>& targets);
  RotatingFile& file_of(const StreamTarget& target);
  Failure failure(const OutputError& error) const;
  void tell_deleted(const DeletedFile& file) const;
  void let_go();

  const std::string output_;
  const FileSettings settings_;
  Log& log_;
  std::atomic<bool> reopen_ = false;
  std::mutex mutex_;
  std::map<std::string, RotatingFile> files_;  // by file name
};

}  // namespace anthropic_metrics::host
