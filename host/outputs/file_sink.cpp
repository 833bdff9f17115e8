// SPDX-License-Identifier: Apache-2.0
#include "outputs/file_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "outputs/file_room.hpp"

namespace anthropic_metrics::host {
namespace {

Failure passing(std::string line) {
  return {.code = ExitCode::sink_failed, .lines = {std::move(line)}, .passes = true};
}

std::string_view view(const beat_span& span) {
  return {span.ptr, span.len};
}

}  // namespace

FileSink::FileSink(std::string output, FileSettings settings, Log& log)
    : output_(std::move(output)), settings_(std::move(settings)), log_(log) {}

RotatingFile& FileSink::file_of(const StreamTarget& target) {
  const std::filesystem::path path = host::file_of(settings_, target);
  const RotationRule rule{settings_.rotate_every_kb * 1024, settings_.number_of_files,
                          settings_.permissions, settings_.delete_after};
  return files_
      .try_emplace(path.filename().string(), path, rule,
                   [this](const DeletedFile& file) { tell_deleted(file); })
      .first->second;
}

void FileSink::tell_deleted(const DeletedFile& file) const {
  log_.warn(fmt::format(
      "output '{}': deleted {} to make room: {} documents, the last of them written {} days and {} "
      "hours ago; raise 'number_of_files' or 'delete_after' if nobody had shipped them",
      output_, file.path.string(), file.documents, file.age.count() / 86'400,
      file.age.count() % 86'400 / 3600));
}

void FileSink::reopen() {
  reopen_ = true;
  // Not waiting for a write that hangs: the next one lets go by itself.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock.owns_lock()) let_go();
}

void FileSink::let_go() {
  if (!reopen_.exchange(false)) return;
  for (auto& [name, file] : files_) file.reopen();
}

Result<void> FileSink::append(const Lines& lines, const std::vector<StreamTarget>& targets,
                              std::vector<RotatingFile*>& touched, const Writing& writing) {
  for (std::size_t stream = 0; stream < lines.size(); ++stream) {
    if (lines[stream].empty()) continue;
    RotatingFile& file = file_of(targets[stream]);
    // Two streams may share a file if the plugin gives them one dataset.
    if (std::find(touched.begin(), touched.end(), &file) == touched.end()) touched.push_back(&file);
    if (auto appended = file.append(lines[stream]); !appended) return appended;
  }
  if (writing.copied) writing.copied();
  for (RotatingFile* file : touched)
    if (auto flushed = file->flush(); !flushed) return flushed;
  return {};
}

Result<Written> FileSink::write_lines(const Lines& lines, const std::vector<StreamTarget>& targets,
                                      const Writing& writing) {
  std::vector<RotatingFile*> touched;
  const auto written = append(lines, targets, touched, writing);
  if (written) {
    for (RotatingFile* file : touched) file->commit();
    taken_ = false;
    return Written{};
  }
  const bool taken = std::any_of(touched.begin(), touched.end(),
                                 [](const RotatingFile* file) { return file->was_taken(); });
  for (RotatingFile* file : touched) file->undo();
  // What took the file away a moment ago has done it; the second time it is a fault.
  taken_ = taken && !taken_;
  if (!taken_) return written.error();
  // The lines may be gone.
  if (writing.copied) return Written{.again = true};
  return write_lines(lines, targets, writing);
}

Result<Written> FileSink::write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                                const Writing& writing) {
  const std::lock_guard lock(mutex_);
  let_go();
  const auto stream_of = [&](std::uint64_t i) { return document(batch, i).stream; };
  bool single_stream = true;
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    if (stream_of(i) >= targets.size()) {
      return passing(
          fmt::format("the plugin sent a document of stream {}, which it does not describe; "
                      "install host and plugin of the same release",
                      stream_of(i)));
    }
    single_stream = single_stream && stream_of(i) == stream_of(0);
  }
  // The lines of each stream, in the order of the batch.
  Lines lines(targets.size());
  // The usual case: the plugin's own NDJSON is already what the file shall hold.
  if (single_stream) lines[stream_of(0)] = {view(batch.ndjson)};
  for (std::uint64_t i = 0; !single_stream && i < batch.doc_count; ++i) {
    lines[stream_of(i)].push_back(view(document(batch, i).json));
    lines[stream_of(i)].push_back("\n");
  }

  const SinkCount::Batch counted(batch);
  const auto written = write_lines(lines, targets, writing);
  if (written && !written->again) count_.add(counted);
  if (written) return written;
  const auto& what = written.error().lines;
  return passing(fmt::format("output '{}': {}; nothing is lost, writing is tried again; {}",
                             output_, what.front(), what.back()));
}

}  // namespace anthropic_metrics::host
