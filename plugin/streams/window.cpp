// SPDX-License-Identifier: Apache-2.0
#include "streams/window.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"

namespace anthropic_metrics::streams {

Instant align_down(Instant instant, std::chrono::seconds width) noexcept {
  const auto since = instant.time_since_epoch();
  return Instant(since - since % width);
}

Instant align_up(Instant instant, std::chrono::seconds width) noexcept {
  const Instant down = align_down(instant, width);
  return down == instant ? instant : down + width;
}

Instant newest_boundary(Instant now, std::chrono::seconds width, Milliseconds settle) noexcept {
  return align_down(now - std::chrono::ceil<std::chrono::seconds>(settle), width);
}

std::vector<Window> split(Instant start, Instant end, std::chrono::seconds width,
                          std::int64_t most_buckets) {
  std::vector<Window> windows;
  for (; start < end; start += width * most_buckets)
    windows.push_back({start, std::min(end, start + width * most_buckets)});
  return windows;
}

Result<void> BucketSequence::take(const Bucket& bucket) {
  if (bucket.end - bucket.start != width_)
    return Error{Errc::protocol,
                 fmt::format("bucket {} to {} is not {} long", format_rfc3339(bucket.start),
                             format_rfc3339(bucket.end), format_duration(width_))};
  if (bucket.start >= end_ || bucket.start < next_)
    return Error{Errc::protocol,
                 fmt::format("bucket {} came back where {} was due: repeated, out of order or not "
                             "asked for",
                             format_rfc3339(bucket.start),
                             next_ < end_ ? format_rfc3339(next_) : "the end")};
  const bool late = !began_ && may_begin_late_ && align_down(bucket.start, width_) == bucket.start;
  if (bucket.start > next_ && !late)
    return Error{Errc::protocol, fmt::format("bucket {} is missing: {} came back in its place",
                                             format_rfc3339(next_), format_rfc3339(bucket.start))};
  if (!began_) began_ = bucket.start;
  next_ = bucket.end;
  return success();
}

Result<void> BucketSequence::finish() const {
  if (next_ == end_ || (!began_ && may_begin_late_)) return success();
  return Error{Errc::protocol, fmt::format("buckets from {} to {} are missing from the answer",
                                           format_rfc3339(next_), format_rfc3339(end_))};
}

}  // namespace anthropic_metrics::streams
