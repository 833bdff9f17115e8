// SPDX-License-Identifier: Apache-2.0
// The last stage of instructions.cpp: a batch of ROWS documents goes into a file BUCKETS times.
//   instructions_sink FOLDER BUCKETS ROWS
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "outputs/file_sink.hpp"

int main(int argc, char** argv) {
  using namespace anthropic_metrics::host;
  if (argc != 4) return 64;
  const int times = std::atoi(argv[2]), rows = std::atoi(argv[3]);
  const std::string document = R"({"text":")" + std::string(700, 'x') + R"("})";
  std::string ndjson;
  for (int i = 0; i < rows; ++i) ndjson += document + '\n';
  std::vector<beat_doc> documents;
  for (int i = 0; i < rows; ++i) {
    beat_doc& shown = documents.emplace_back();
    shown.json = {ndjson.data() + static_cast<std::size_t>(i) * (document.size() + 1),
                  document.size()};
  }
  beat_batch batch{};
  batch.struct_size = sizeof batch;
  batch.doc_stride = sizeof(beat_doc);
  batch.docs = documents.data();
  batch.doc_count = documents.size();
  batch.ndjson = {ndjson.data(), ndjson.size()};

  Log log(STDERR_FILENO, Log::Style::human);
  FileSettings settings;
  settings.path = argv[1];
  FileSink sink("default", settings, log);
  for (int i = 0; i < times; ++i)
    if (const auto written = sink.write(batch, {{"usage", "anthropic_metrics.usage", "default"}});
        !written) {
      std::fprintf(stderr, "instructions_sink: %s\n", written.error().lines.front().c_str());
      return 1;
    }
  return 0;
}
