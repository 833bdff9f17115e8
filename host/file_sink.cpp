// SPDX-License-Identifier: Apache-2.0
#include "file_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "console_sink.hpp"

namespace anthropic_metrics::host {
namespace {

std::string_view view(const beat_span& span) {
  return {span.ptr, span.len};
}

}  // namespace

FileSink::FileSink(Output output) : output_(std::move(output)) {}

RotatingFile& FileSink::file_of(const StreamTarget& target) {
  const std::string name =
      fmt::format("{}-{}-{}.ndjson", output_.filename, target.dataset, target.data_namespace);
  const RotationRule rule{output_.rotate_every_kb * 1024, output_.number_of_files,
                          output_.permissions};
  return files_.try_emplace(name, std::filesystem::path(output_.path) / name, rule).first->second;
}

std::optional<SinkFailure> FileSink::write(const beat_batch& batch,
                                           const std::vector<StreamTarget>& targets) {
  const std::lock_guard lock(mutex_);
  // The lines of each stream, in the order of the batch.
  std::vector<std::vector<std::string_view>> lines(targets.size());
  bool single_stream = true;
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    const beat_doc& doc = document(batch, i);
    if (doc.stream >= targets.size()) {
      return SinkFailure{
          fmt::format("the plugin sent a document of stream {}, which it does not describe; "
                      "install host and plugin of the same release",
                      doc.stream),
          false};
    }
    lines[doc.stream].push_back(view(doc.json));
    lines[doc.stream].push_back("\n");
    single_stream = single_stream && doc.stream == document(batch, 0).stream;
  }
  // The usual case: the plugin's own NDJSON is already what the file shall hold.
  if (single_stream) lines[document(batch, 0).stream] = {view(batch.ndjson)};

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
  } catch (const std::system_error& error) {
    for (RotatingFile* file : touched) file->undo();
    return SinkFailure{
        fmt::format("output '{}': {}; nothing is lost, writing is tried again; check free "
                    "space and permissions",
                    output_.name, error.what()),
        false};
  }
  return std::nullopt;
}

std::unique_ptr<Sink> make_sink(const Output& output) {
  if (output.type == Output::Type::file) return std::make_unique<FileSink>(output);
  constexpr int standard_output = 1;
  return std::make_unique<ConsoleSink>(standard_output);
}

}  // namespace anthropic_metrics::host
