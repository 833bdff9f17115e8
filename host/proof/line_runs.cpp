// SPDX-License-Identifier: Apache-2.0
#include "proof/line_runs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace anthropic_metrics::host {
namespace {

constexpr std::size_t piece_size = 32 * 1024;
constexpr std::size_t longest_line = 16 * 1024 * 1024;
constexpr std::size_t most_runs = 400'000;  // 13 MB

Failure unreadable(const std::filesystem::path& file, const std::string& why) {
  return {ExitCode::not_compared, {fmt::format("{}: {}", file.string(), why)}};
}

}  // namespace

bool LineRuns::Later::operator()(const Run& a, const Run& b) const {
  if (a.number != b.number) return a.number > b.number;
  return a.file != b.file ? a.file > b.file : a.at > b.at;
}

Result<void> LineRuns::open(const std::vector<std::filesystem::path>& files) {
  names_ = files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    files_.emplace_back(::open(files[i].c_str(), O_RDONLY | O_CLOEXEC));
    if (!files_.back().is_open())
      return unreadable(files[i], std::string(std::strerror(errno)) + "; name a file of documents");
    if (auto found = find_runs(i); !found) return found;
  }
  for (const Run& run : found_) runs_.push(run);
  found_ = {};
  return {};
}

Result<void> LineRuns::find_runs(std::size_t file) {
  std::int64_t newest = 0;
  bool in_run = false;
  for (std::uint64_t offset = 0;;) {
    const auto line = line_at(file, offset);
    if (!line) return line.error();
    if (line->data() == nullptr) return {};
    const std::uint64_t end = offset + line->size() + 1;
    if (const auto number = order_(*line)) {
      if (!in_run || *number < newest) {
        if (found_.size() == most_runs)
          return unreadable(names_[file], fmt::format("the lines are in no order, more than {} "
                                                      "times; sort them by bucket_start_time",
                                                      most_runs));
        found_.push_back({*number, file, offset, end});
        in_run = true;
      }
      newest = *number;
      found_.back().end = end;
    }
    offset = end;
  }
}

Result<std::optional<LineRuns::Line>> LineRuns::next() {
  while (!runs_.empty()) {
    Run run = runs_.top();
    runs_.pop();
    const auto line = line_at(run.file, run.at);
    if (!line) return line.error();
    if (line->data() == nullptr)
      return unreadable(names_[run.file], "the file was cut while it was read; run it again");
    const auto number = order_(*line);
    if (number && *number > run.number) {
      run.number = *number;  // its turn may be later
      runs_.push(run);
      continue;
    }
    const Line found{*line, run.file, run.at, run.number};
    run.at += line->size() + 1;
    if (run.at < run.end) runs_.push(run);
    if (number) return std::optional(found);
  }
  return std::optional<Line>();
}

Result<std::string_view> LineRuns::line_at(std::size_t file, std::uint64_t offset) {
  std::size_t wanted = piece_size;
  while (true) {
    if (piece_file_ == file && offset >= piece_at_ && offset <= piece_at_ + piece_.size()) {
      const std::string_view rest =
          std::string_view(piece_).substr(static_cast<std::size_t>(offset - piece_at_));
      const std::size_t end = rest.find('\n');
      if (end != std::string_view::npos) return rest.substr(0, end);
      if (piece_.size() < wanted && offset == piece_at_)  // the file ends here
        return rest.empty() ? std::string_view() : rest;
      if (offset == piece_at_) wanted *= 4;
      if (wanted > longest_line)
        return unreadable(names_[file],
                          fmt::format("the line at byte {} is longer than any document", offset));
    }
    piece_.resize(wanted);
    const ssize_t got =
        ::pread(files_[file].get(), piece_.data(), piece_.size(), static_cast<off_t>(offset));
    if (got < 0) return unreadable(names_[file], std::strerror(errno));
    piece_.resize(static_cast<std::size_t>(got));
    piece_file_ = file;
    piece_at_ = offset;
    if (got == 0) return std::string_view();
  }
}

}  // namespace anthropic_metrics::host
