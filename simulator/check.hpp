// SPDX-License-Identifier: Apache-2.0
// Compares collected documents with the truth: the sum over the documents of each bucket and row
// must equal what the API reports, every id must be unique, and the latest rate limits must be
// those that held.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "options.hpp"

namespace anthropic_metrics::simulator {

/// A stream as the collector describes it.
struct DescribedStream {
  std::string name;
  std::string endpoint;  ///< a path; empty if it asks nothing
  bool list = false;     ///< every answer is the current state
  bool opt_in = false;   ///< off unless asked for, so that it may have no documents
};

/// The outcome for one stream and one grain (bucket width and group_by).
struct StreamCheck {
  std::string stream;  ///< usage, cost, rate_limit or another list
  std::string grain;   ///< such as `1h by model, workspace_id`; empty for lists
  std::uint64_t documents = 0;
  std::uint64_t buckets = 0;      ///< compared; for lists, entries
  std::uint64_t rows = 0;         ///< compared, whichever side had them
  std::uint64_t differences = 0;  ///< rows whose sums differ, or that one side lacks
  std::vector<std::string>
      examples;  ///< the first ten differences, each with place, expectation and fact
};

struct CheckReport {
  std::vector<StreamCheck> streams;
  /// Documents of streams with which nothing was compared.
  std::map<std::string, std::uint64_t> others;
  std::uint64_t documents = 0;
  std::uint64_t duplicate_ids = 0;  ///< documents whose id was seen before; a store would refuse
                                    ///< them, so they do not count again
  std::vector<std::string>
      faults;  ///< unreadable lines, missing fields and repeated ids; the first ten
  std::uint64_t fault_count = 0;

  /// Something was compared and everything agreed. A collector that crashed may send documents
  /// again under the same ids; whether that is all right is the caller's to say.
  bool passed(bool resends_allowed = false) const;
};

/// Reads every `*.ndjson` file below `directory`; lines that are not documents of anthropic_metrics
/// are ignored when they are JSON objects. `as_of` is the virtual time of the last poll. Compared
/// are all buckets from the first to the last that the documents of a grain cover; rows and buckets
/// missing in between are differences. Of things that stay, such as workspaces, the latest document
/// of each must say what the list says at `as_of`. Needs the data options only. Of the streams that
/// are described, each whose endpoint the API serves must have documents, and lists are compared
/// with what it lists. Throws std::runtime_error when a file cannot be read.
CheckReport check_directory(const std::filesystem::path& directory, const Options& options,
                            Instant as_of, const std::vector<DescribedStream>& described = {});

/// What `anthropic-metrics export description` prints. Throws std::runtime_error if it is something
/// else.
std::vector<DescribedStream> read_description(const std::filesystem::path& file);

/// One line per stream and grain, then examples of what differs.
void print(const CheckReport& report, std::ostream& out);

}  // namespace anthropic_metrics::simulator
