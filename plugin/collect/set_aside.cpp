// SPDX-License-Identifier: Apache-2.0
#include "collect/set_aside.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"

namespace anthropic_metrics {
namespace {

/// A fault in every row of a long report shall not fill the status.
constexpr std::size_t most_buckets = 1000;

}  // namespace

void tell_set_aside(const Services& services, std::string_view stream,
                    const std::vector<SetAside>& buckets, Milliseconds look_back) {
  for (const SetAside& bucket : buckets) {
    const Instant until = bucket.end + std::chrono::floor<std::chrono::seconds>(look_back);
    services.status.update(stream, [&](StreamStatus& s) {
      if (bucket.rows == 0)
        s.set_aside.erase(bucket.bucket);
      else if (s.set_aside.size() < most_buckets || s.set_aside.contains(bucket.bucket))
        s.set_aside[bucket.bucket] = {bucket.rows, until, bucket.reason};
    });
    const std::string start = format_rfc3339(bucket.bucket);
    if (bucket.rows == 0)
      services.log(LogLevel::info, stream,
                   fmt::format("all rows of bucket {} can be read now", start));
    else if (bucket.fresh > 0)
      services.log(
          LogLevel::warn, stream,
          fmt::format("{} of the rows of bucket {} cannot be read: kept as documents of kind "
                      "pipeline_error, in no sum, read again until {}; the first: {}",
                      bucket.rows, start, format_rfc3339(until), bucket.reason));
  }
}

void tell_set_aside(const Services& services, std::string_view stream,
                    const std::vector<SetAside>& pages) {
  std::string before, now;
  services.status.update(stream, [&](StreamStatus& s) {
    if (!s.set_aside.empty()) before = s.set_aside.begin()->second.reason;
    s.set_aside.clear();
    for (const SetAside& page : pages) {
      StreamStatus::Missing& missing = s.set_aside[page.bucket];
      missing.rows += page.rows;
      if (missing.reason.empty()) missing.reason = page.reason;
    }
    if (!s.set_aside.empty()) now = s.set_aside.begin()->second.reason;
  });
  if (now == before) return;
  if (now.empty())
    services.log(LogLevel::info, stream, "all entries can be read now");
  else
    services.log(LogLevel::warn, stream,
                 fmt::format("an entry cannot be read: kept as a document of kind pipeline_error "
                             "at each poll; what can be read of it counts: {}",
                             now));
}

}  // namespace anthropic_metrics
