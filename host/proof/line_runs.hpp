// SPDX-License-Identifier: Apache-2.0
// Lines of files in the order of a number that each has, without keeping lines in memory: parts of
// files whose lines are in order already are found in one pass, and merged in a second.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

class LineRuns {
 public:
  // Nothing: the line does not count. Of a line that next() returns it was asked last.
  using Order = std::function<std::optional<std::int64_t>(std::string_view line)>;

  explicit LineRuns(Order order) : order_(std::move(order)) {}

  // Reads the files once. A last line without its end counts: it is somebody else's to judge.
  Result<void> open(const std::vector<std::filesystem::path>& files);

  struct Line {
    std::string_view text;  // valid until the next call
    std::size_t file = 0;   // as given to open()
    std::uint64_t offset = 0;
    std::int64_t number = 0;
  };
  // The next in order; of equal ones the one that was found first. Nothing at the end.
  Result<std::optional<Line>> next();

 private:
  struct Run {
    std::int64_t number = 0;  // that of its next line is not smaller
    std::size_t file = 0;
    std::uint64_t at = 0;   // of its next line
    std::uint64_t end = 0;  // behind its last line
  };
  struct Later {
    bool operator()(const Run& a, const Run& b) const;
  };

  Result<void> find_runs(std::size_t file);
  // The line that begins there, without its end; without data at the file's end. Reads ahead.
  Result<std::string_view> line_at(std::size_t file, std::uint64_t offset);

  const Order order_;
  std::vector<std::filesystem::path> names_;
  std::vector<FileDescriptor> files_;
  std::vector<Run> found_;
  std::priority_queue<Run, std::vector<Run>, Later> runs_;

  // A piece of a file.
  std::string piece_;
  std::size_t piece_file_ = static_cast<std::size_t>(-1);
  std::uint64_t piece_at_ = 0;
};

}  // namespace anthropic_metrics::host
