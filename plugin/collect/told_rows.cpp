// SPDX-License-Identifier: Apache-2.0
#include "collect/told_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/time_text.hpp"
#include "ledger/read_document.hpp"

namespace anthropic_metrics {
namespace {

/// Of one part of a bucket's record: a slice that is read again has about as many.
constexpr std::size_t most_part_rows = 2048;

/// Calls f with each line that is not empty, until one fails; then the error names the line.
template <class F>
Result<void> for_each_line(std::string_view ndjson, F f) {
  for (std::size_t number = 1; !ndjson.empty(); ++number) {
    const std::size_t end = std::min(ndjson.find('\n'), ndjson.size());
    const std::string_view line = ndjson.substr(0, end);
    ndjson.remove_prefix(std::min(end + 1, ndjson.size()));
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
    if (auto done = f(line); !done)
      return Error{done.error().code, fmt::format("row {}: {}", number, done.error().message)};
  }
  return success();
}

Result<Grain> grain_of(const ReadDocument& row, const Grain& otherwise) {
  auto groups = row.group_by();
  if (!groups) return groups.error();
  std::string width = row.bucket_width();
  return Grain{width.empty() ? otherwise.bucket_width : std::move(width),
               groups->value_or(otherwise.group_by)};
}

Error wrong(std::string message) {
  return {Errc::argument, std::move(message)};
}

/// Puts rows into records as they come, so that only one bucket's are unpacked.
class Records {
 public:
  Records(const ToldOf& of, RowKeys& keys, const KeptRows& keep, const OnSums& on_sums)
      : of_(of), keys_(keys), keep_(keep), on_sums_(on_sums) {}

  Result<void> add(std::string_view line) {
    auto row = ReadDocument::parse(line, of_.stream);
    if (!row) return row.error();
    auto start = place(*row);
    if (!start) return start.error();
    if (*start != start_ || open_.rows.size() >= most_part_rows) begin(*start);
    auto revision = row->revision();
    if (!revision) return revision.error();
    auto measures = row->measures(of_.layout);
    if (!measures) return measures.error();
    ledger::RecordRow& told = open_.rows.emplace_back();
    if (auto read = row->read_texts(of_.layout, told.row, open_.text); !read) return read;
    told.key = keys_.of(open_.text, told.row);
    told.revision = *revision;
    told.row.counts = measures->counts;
    for (std::size_t which = 0; which < of_.layout.amounts(); ++which) {
      const std::string& amount = measures->amounts[which];
      told.row.money(which) = {static_cast<std::uint32_t>(open_.text.size()),
                               static_cast<std::uint32_t>(amount.size()),
                               streams::Text::State::present};
      open_.text += amount;
    }
    if (!known_.insert(told.key).second)
      return wrong("the row was named before; what the store holds of a row is one line");
    std::vector<std::int64_t> beyond(of_.layout.sums.size());
    bool any = false;
    for (std::size_t i = 0; i < beyond.size(); ++i) {
      // Modulo 2^64, as the sums are.
      beyond[i] = static_cast<std::int64_t>(
          static_cast<std::uint64_t>(measures->sums[i]) -
          static_cast<std::uint64_t>(of_.layout.sums[i].in(measures->counts)));
      any = any || beyond[i] != 0;
    }
    if (!any) return success();
    ++told.revision;
    on_sums_(*start, open_.text, told, beyond);
    return success();
  }

  std::vector<ledger::Commit::Record> finish() {
    close();
    for (const auto& [start, rows] : keep_)
      if (!parts_.contains(start)) {
        begin(start);
        close();
      }
    return std::move(records_);
  }

 private:
  /// The bucket of a row, if it is one that may be told.
  Result<Instant> place(const ReadDocument& row) const {
    auto grain = grain_of(row, of_.otherwise);
    if (!grain) return grain.error();
    std::sort(grain->group_by.begin(), grain->group_by.end());
    if (*grain != of_.grain)
      return wrong(fmt::format("it is of {}, and another one of {}; tell rows of one grain",
                               describe(*grain), describe(of_.grain)));
    const std::string organization = row.organization_id();
    if (!organization.empty() && organization != of_.organization_id)
      return wrong(fmt::format("it is of organization {}; this instance collects {}", organization,
                               of_.organization_id));
    auto start = row.start();
    if (!start) return start;
    if (*start < of_.window.start || *start >= of_.window.end ||
        *start != streams::align_down(*start, of_.width))
      return wrong(fmt::format("no bucket of {} starts at {} in the window from {} to {}",
                               of_.grain.bucket_width, format_rfc3339(*start),
                               format_rfc3339(of_.window.start), format_rfc3339(of_.window.end)));
    return start;
  }

  void begin(Instant start) {
    close();
    start_ = start;
    keys_.begin(start.time_since_epoch().count());
    const auto kept = keep_.find(start);
    if (kept != keep_.end() && !parts_.contains(start)) open_.rows = kept->second;
  }

  void close() {
    if (open_.rows.empty()) return;
    records_.push_back({*start_, ledger::pack(open_, of_.layout), parts_[*start_]++});
    open_ = {};
  }

  const ToldOf& of_;
  RowKeys& keys_;
  const KeptRows& keep_;
  const OnSums& on_sums_;
  std::vector<ledger::Commit::Record> records_;
  std::map<Instant, std::uint32_t> parts_;
  std::set<RowKey> known_;
  std::optional<Instant> start_;  ///< Of the open bucket,
  ledger::BucketRecord open_;     ///< and the rows of it that are in no record yet.
};

}  // namespace

Result<Grain> told_grain(std::string_view ndjson, std::string_view stream, const Grain& otherwise) {
  std::optional<Grain> found;
  const auto read = for_each_line(ndjson, [&](std::string_view line) -> Result<void> {
    if (found) return success();
    auto row = ReadDocument::parse(line, stream);
    if (!row) return row.error();
    auto grain = grain_of(*row, otherwise);
    if (!grain) return grain.error();
    found = std::move(*grain);
    return success();
  });
  if (!read) return read.error();
  return found.value_or(otherwise);
}

Result<std::vector<ledger::Commit::Record>> told_records(std::string_view ndjson, const ToldOf& of,
                                                         RowKeys& keys, const KeptRows& keep,
                                                         const OnSums& on_sums) {
  Records records(of, keys, keep, on_sums);
  const auto read = for_each_line(ndjson, [&](std::string_view line) { return records.add(line); });
  if (!read) return read.error();
  return records.finish();
}

}  // namespace anthropic_metrics
