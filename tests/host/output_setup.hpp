// SPDX-License-Identifier: Apache-2.0
// What tests of outputs share: batches that own their bytes, a policy's output in a folder of the
// test, and a log that can be read.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "outputs/file_sink.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::host::test {

inline const std::vector<StreamTarget> targets{{"usage", "anthropic_metrics.usage", "default"},
                                               {"cost", "anthropic_metrics.cost", "money"}};
inline const std::string usage_file = "out/metrics-anthropic_metrics.usage-default.ndjson";
inline const std::string cost_file = "out/metrics-anthropic_metrics.cost-money.ndjson";

struct Batch {
  explicit Batch(const std::vector<std::pair<std::uint32_t, std::string>>& documents) {
    for (const auto& [stream, json] : documents) {
      texts.push_back(json);
      ndjson += json + "\n";
      beat_doc doc{};
      doc.json = {texts.back().data(), texts.back().size()};
      doc.stream = stream;
      docs.push_back(doc);
    }
    batch.struct_size = sizeof(batch);
    batch.doc_stride = sizeof(beat_doc);
    batch.docs = docs.data();
    batch.doc_count = docs.size();
    batch.ndjson = {ndjson.data(), ndjson.size()};
  }
  std::deque<std::string> texts;
  std::vector<beat_doc> docs;
  std::string ndjson;
  beat_batch batch{};
};

struct LogFile {
  Scratch scratch;
  int fd = ::open((scratch / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  Log log{fd, Log::Style::human};
  ~LogFile() { ::close(fd); }
  std::string text() const { return read(scratch / "log"); }
};

inline FileSettings output_in(const Scratch& scratch) {
  FileSettings output;
  output.path = (scratch / "out").string();
  return output;
}

// One document of the usage stream.
inline Result<Written> write_usage(Sink& sink, const std::string& json) {
  return sink.write(Batch({{0, json}}).batch, targets);
}

}  // namespace anthropic_metrics::host::test
