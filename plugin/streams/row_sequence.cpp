// SPDX-License-Identifier: Apache-2.0
#include "streams/row_sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/time_text.hpp"
#include "streams/report_decoder.hpp"

namespace anthropic_metrics::streams {
namespace {

/// Places in a bucket's text are 32 bits wide.
constexpr std::size_t most_bucket_text = std::size_t{1} << 31;

}  // namespace

Result<void> RowSequence::take(std::vector<Bucket> parts) {
  for (Bucket& part : parts) {
    if (part.start < open_ || part.start >= end_ || part.end - part.start != width_)
      return Error{
          Errc::protocol,
          fmt::format("rows of bucket {} came back where {} to {} was due: out of order or "
                      "not asked for",
                      format_rfc3339(part.start), format_rfc3339(open_), format_rfc3339(end_))};
    if (lost_ && part.start > *lost_) {
      unsure_.emplace_back(*lost_, part.start);
      lost_.reset();
    }
    if (part.unsure && !lost_) lost_ = part.start;
    open_ = part.start;
    if (held_.empty() || held_.back().start < part.start)
      held_.push_back(std::move(part));
    else if (auto joined = join(held_.back(), part); !joined)
      return joined;
  }
  return success();
}

Result<void> RowSequence::join(Bucket& bucket, const Bucket& part) const {
  if (bucket.rows.size() + part.rows.size() > most_bucket_rows ||
      bucket.rows.text().size() + part.rows.text().size() > most_bucket_text)
    return Error{Errc::configuration,
                 fmt::format("bucket {} has more than {} rows, the most that one bucket may have; "
                             "group by fewer dimensions or take a smaller bucket_width",
                             format_rfc3339(bucket.start), most_bucket_rows)};
  const auto behind = static_cast<std::uint32_t>(bucket.rows.text().size());
  bucket.rows.append(part.rows);
  bucket.more_odd += part.more_odd;
  for (OddRow odd : part.odd) {
    if (bucket.odd.size() == Bucket::most_odd_rows) {
      ++bucket.more_odd;
      continue;
    }
    for (Text& text : odd.row.texts)
      if (text.state == Text::State::present) text.offset += behind;
    bucket.odd.push_back(std::move(odd));
  }
  return success();
}

void RowSequence::finish() {
  if (lost_) unsure_.emplace_back(*lost_, end_);
  lost_.reset();
  open_ = end_;
}

bool RowSequence::unsure(Instant start) const {
  return std::any_of(unsure_.begin(), unsure_.end(), [&](const auto& range) {
    return range.first <= start && start <= range.second;
  });
}

std::vector<Bucket> RowSequence::whole(Instant complete_to) {
  std::vector<Bucket> buckets;
  for (; next_ < open_ && next_ + width_ <= complete_to; next_ += width_) {
    Bucket& bucket = buckets.emplace_back();
    if (!held_.empty() && held_.front().start == next_) {
      bucket = std::move(held_.front());
      held_.pop_front();
    }
    bucket.start = next_;
    bucket.end = next_ + width_;
    bucket.unsure = unsure(next_);
  }
  std::erase_if(unsure_, [&](const auto& range) { return range.second < next_; });
  return buckets;
}

void RowSequence::begin_anew() {
  held_.clear();
  unsure_.clear();
  lost_.reset();
  open_ = next_;
}

}  // namespace anthropic_metrics::streams
