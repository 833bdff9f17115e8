// SPDX-License-Identifier: Apache-2.0
#include "outputs/file_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "outputs/file_room.hpp"
#include "outputs/output_error.hpp"

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

void FileSink::write_once(const Lines& lines, const std::vector<StreamTarget>& targets) {
  std::vector<RotatingFile*> touched;
  try {
    for (std::size_t stream = 0; stream < lines.size(); ++stream) {
      if (lines[stream].empty()) continue;
      RotatingFile& file = file_of(targets[stream]);
      // Two streams may share a file if the plugin gives them one dataset.
      if (std::find(touched.begin(), touched.end(), &file) == touched.end())
        touched.push_back(&file);
      file.append(lines[stream]);
    }
    for (RotatingFile* file : touched) file->flush();
    for (RotatingFile* file : touched) file->commit();
  } catch (const OutputError&) {
    for (RotatingFile* file : touched) file->undo();
    throw;
  }
}

Result<void> FileSink::write(const beat_batch& batch, const std::vector<StreamTarget>& targets) {
  const std::lock_guard lock(mutex_);
  let_go();
  // The lines of each stream, in the order of the batch.
  Lines lines(targets.size());
  bool single_stream = true;
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    const beat_doc& doc = document(batch, i);
    if (doc.stream >= targets.size()) {
      return passing(
          fmt::format("the plugin sent a document of stream {}, which it does not describe; "
                      "install host and plugin of the same release",
                      doc.stream));
    }
    lines[doc.stream].push_back(view(doc.json));
    lines[doc.stream].push_back("\n");
    single_stream = single_stream && doc.stream == document(batch, 0).stream;
  }
  // The usual case: the plugin's own NDJSON is already what the file shall hold.
  if (single_stream) lines[document(batch, 0).stream] = {view(batch.ndjson)};

  for (int attempt = 1;; ++attempt) {
    try {
      write_once(lines, targets);
      return {};
    } catch (const OutputChanged& error) {
      // What took the file away a moment ago has done it; the second time it is a fault.
      if (attempt == 1) continue;
      return failure(error);
    } catch (const OutputError& error) {
      return failure(error);
    }
  }
}

Failure FileSink::failure(const OutputError& error) const {
  return passing(fmt::format("output '{}': {}; nothing is lost, writing is tried again; {}",
                             output_, error.what(), error.remedy()));
}

}  // namespace anthropic_metrics::host
