// SPDX-License-Identifier: Apache-2.0
// Documents that a store refuses for good, kept in a file until a person has seen why:
// <folder>/<output>.ndjson, a line per document with the reason. `resend` takes them out again; its
// file in work stands beside it as <output>.ndjson.resending.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"

namespace anthropic_metrics::host {

struct DeadLetter {
  std::string data_stream;
  std::string id;
  int status = 0;
  std::string type;
  std::string reason;
  std::string_view document;  // one JSON object
};

class DeadLetters {
 public:
  // folder: made at the first letter; empty: there is no place for letters. limit: bytes of the
  // file.
  DeadLetters(std::string output, std::filesystem::path folder, std::uint64_t limit);

  // All of them, durable when it returns, or none. Several processes and threads may.
  Result<void> add(const std::vector<DeadLetter>& letters,
                   std::chrono::system_clock::time_point now);

  // How many wait, those that a resend has in work included. From any thread.
  std::uint64_t count() const;

  const std::filesystem::path& file() const { return file_; }
  std::filesystem::path in_work() const { return file_.string() + ".resending"; }

 private:
  struct Seen {  // of a file whose lines were counted
    std::uint64_t inode = 0, size = 0, lines = 0;
  };
  static std::uint64_t lines_of(const std::filesystem::path& file, Seen& seen);

  const std::string output_;
  const std::filesystem::path file_;
  const std::uint64_t limit_;
  mutable std::mutex mutex_;
  mutable Seen seen_, seen_in_work_;  // guarded by mutex_
};

}  // namespace anthropic_metrics::host
