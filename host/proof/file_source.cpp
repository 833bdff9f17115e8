// SPDX-License-Identifier: Apache-2.0
#include "proof/file_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "outputs/file_room.hpp"
#include "proof/line_runs.hpp"
#include "proof/row_reader.hpp"

namespace anthropic_metrics::host {
namespace {

class FileSource final : public DocumentSource {
 public:
  FileSource(const FileHoldingParts& parts, std::vector<std::filesystem::path> files,
             std::int64_t from, std::int64_t to, std::string organization,
             std::function<void(const RowDocument&)> look = {})
      : parts_(parts),
        files_(std::move(files)),
        from_(from),
        to_(to),
        organization_(std::move(organization)),
        look_(std::move(look)),
        reader_(parts.fields, parts.grain),
        lines_([this](std::string_view line) { return start_of(line); }) {}

  Result<void> open() { return lines_.open(files_); }

  Result<const RowDocument*> next() override {
    while (true) {
      const auto line = lines_.next();
      if (!line) return line.error();
      if (!*line) return nullptr;
      row_.place =
          fmt::format("{} at byte {}", files_[(*line)->file].filename().string(), (*line)->offset);
      if (!is_repeat()) return &row_;
    }
  }

  Repeats repeats() const override { return repeats_; }

 private:
  // Delivery is at least once, and a store that creates by id holds the first.
  bool is_repeat() {
    if (row_.start != start_) seen_.clear();
    start_ = row_.start;
    if (row_.id.empty()) return false;
    const std::size_t content = std::hash<std::string_view>()(row_.json);
    const auto [first, is_first] = seen_.emplace(row_.id, content);
    if (is_first) return false;
    ++repeats_.count;
    const bool different = first->second != content;
    if (different) ++repeats_.different;
    if (repeats_.example.empty() || (different && repeats_.different == 1))
      repeats_.example = fmt::format("{} in {}{}", row_.id, row_.place,
                                     different ? ", with another content than the first" : "");
    return true;
  }

  // Leaves the line in row_ as it was read.
  std::optional<std::int64_t> start_of(std::string_view line) {
    reader_.read(line, row_);
    const bool other = !row_.dataset.empty() && row_.dataset != parts_.dataset;
    const bool others =
        !row_.organization.empty() && !organization_.empty() && row_.organization != organization_;
    if (row_.kind == RowDocument::Kind::foreign || other || others) return std::nullopt;
    if (row_.start < from_ || row_.start >= to_) return std::nullopt;
    if (look_) look_(row_);
    return row_.start;
  }

  const FileHoldingParts& parts_;
  const std::vector<std::filesystem::path> files_;
  const std::int64_t from_, to_;
  const std::string organization_;
  const std::function<void(const RowDocument&)> look_;  // at each that counts
  RowReader reader_;
  RowDocument row_;
  LineRuns lines_;
  std::int64_t start_ = 0;                               // of the bucket that is read
  std::unordered_map<std::string, std::size_t> seen_{};  // its ids, with what they stand for
  Repeats repeats_{};
};

class FileHoldings final : public Holdings {
 public:
  explicit FileHoldings(FileHoldingParts parts) : parts_(std::move(parts)) {}

  std::string name() const override { return parts_.name; }

  Result<void> prepare() override {
    files_ = parts_.files();
    if (!files_.empty()) return {};
    return Failure{ExitCode::not_compared,
                   {fmt::format("{}: there is no such file yet; run the host, or name files with "
                                "--files",
                                parts_.name)}};
  }

  Result<std::optional<std::pair<std::int64_t, std::int64_t>>> other_grains(
      const Grain& grain, std::int64_t from, std::int64_t to) override {
    std::optional<std::pair<std::int64_t, std::int64_t>> found;
    const auto source = std::make_unique<FileSource>(
        parts_, files_, from, to, std::string(), [&](const RowDocument& row) {
          if (row.kind != RowDocument::Kind::row || row.grain == grain) return;
          if (!found) found.emplace(row.start, row.end);
          found->first = std::min(found->first, row.start);
          found->second = std::max(found->second, row.end);
        });
    // All of them are looked at, and none is read in order.
    if (auto opened = source->open(); !opened) return opened.error();
    return found;
  }

  Result<std::unique_ptr<DocumentSource>> documents(std::int64_t from, std::int64_t to,
                                                    const std::string& organization) override {
    auto source = std::make_unique<FileSource>(parts_, files_, from, to, organization);
    if (auto opened = source->open(); !opened) return opened.error();
    return std::unique_ptr<DocumentSource>(std::move(source));
  }

  Result<void> look_beside(std::int64_t, std::int64_t, Findings&) override { return {}; }

 private:
  const FileHoldingParts parts_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace

std::vector<std::filesystem::path> files_of(const FileSettings& output,
                                            const StreamTarget& target) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path newest = file_of(output, target);
  for (std::uint32_t number = output.number_of_files; number-- > 0;) {
    const auto file =
        number == 0 ? newest : std::filesystem::path(fmt::format("{}.{}", newest.string(), number));
    std::error_code error;
    if (std::filesystem::is_regular_file(file, error)) files.push_back(file);
  }
  return files;
}

std::unique_ptr<Holdings> holdings_in(FileHoldingParts parts) {
  return std::make_unique<FileHoldings>(std::move(parts));
}

}  // namespace anthropic_metrics::host
