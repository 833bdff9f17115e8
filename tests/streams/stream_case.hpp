// SPDX-License-Identifier: Apache-2.0
// A fixture of a stream: settings and an answer of the API in, documents out. Runs the real
// decoder, ledger and writer; nothing is replaced.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "catch_result.hpp"
#include "ledger/batch.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {
class Directory;
}

namespace anthropic_metrics::test {

/// tests/fixtures/<stream>/<case>: settings.json, answer.json, documents.ndjson. A case that shows
/// corrections has answer-2.json and so on too: the same report, read again later. Of sparse rows
/// window.json says what was asked for: {"start": time, "end": time}.
struct StreamCase {
  std::filesystem::path directory;
  std::string stream;

  std::string name() const { return stream + "/" + directory.filename().string(); }
  std::string read(const std::string& file) const;
  /// answer.json, answer-2.json, ...: in the order in which they are read.
  std::vector<std::string> answers() const;
  streams::StreamSettings settings() const;
  streams::Window window() const;
};

/// Every fixture of a stream, or of all streams if the name is empty, sorted.
std::vector<StreamCase> stream_cases(std::string_view stream = {});

/// Fixtures of a stream that have that file in place of an answer: of a part of a snapshot.
std::vector<StreamCase> snapshot_parts(std::string_view stream, const std::string& file);

/// What one answer decodes to, fed in pieces of the given size.
struct Decoded {
  std::vector<streams::Bucket> buckets;
  std::string next_page;
  Instant complete_to{};
};
Result<Decoded> decode(const streams::Fetcher& fetcher, std::string_view answer, std::size_t piece);
/// Of sparse rows, those of a window.
Result<Decoded> decode(const streams::Fetcher& fetcher, const streams::Window& window,
                       std::string_view answer, std::size_t piece);

/// Collects one stream into a ledger in memory: several answers after another, as polls would.
class Collector {
 public:
  Collector(const std::string& stream, streams::StreamSettings settings,
            std::string_view api_version = "2023-06-01");
  ~Collector();
  /// What answers of sparse rows were asked for; collect(fixture) sets it to the fixture's.
  void ask(streams::Window window);
  /// Feeds one answer and returns the documents it made, NDJSON.
  Result<std::string> collect(std::string_view answer, std::size_t piece = 64 * 1024);
  /// The same of a list of that workspace.
  Result<std::string> collect_workspace(std::string_view id, std::string_view answer);
  /// Feeds every answer of a fixture, one after another.
  Result<std::string> collect(const StreamCase& fixture, std::size_t piece = 64 * 1024);
  const streams::Fetcher& fetcher() const;
  /// Entries are set aside one by one, instead of an answer as a whole: a list, or sparse rows.
  bool by_entry() const;
  /// Answers from now on come so much later. At first it is 2026-09-21T14:13:20Z.
  void pass(Milliseconds time);
  /// What names the ids in the documents; of streams whose things stay, what was told of them.
  Directory& directory();

 private:
  Result<void> emit_things(const streams::Bucket& list);
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Compares with the fixture's documents.ndjson; with AM_UPDATE_GOLDEN set, writes it instead.
void check_golden(const StreamCase& fixture, const std::string& documents);

}  // namespace anthropic_metrics::test
