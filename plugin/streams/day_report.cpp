// SPDX-License-Identifier: Apache-2.0
#include "streams/day_report.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/time_text.hpp"

namespace anthropic_metrics::streams {

std::string day_text(Instant start) {
  return format_rfc3339(start).substr(0, 10);
}

RowsEndpoint day_report(std::string path, const StreamSettings& settings,
                        std::string_view api_version) {
  RowsEndpoint report;
  report.path = std::move(path);
  report.headers = {{"anthropic-version", std::string(api_version)}};
  report.bucket_width = settings.bucket_width;
  report.most_buckets = 1;
  report.most_entries = 1000;
  report.keep_original = settings.preserve_original_event;
  return report;
}

Layout day_layout(const StreamSettings& settings) {
  Layout layout;
  layout.bucket_width = settings.bucket_width;
  layout.personal = settings.personal;
  return layout;
}

void read_flag(ListEntry& entry, std::size_t column, std::string_view member) {
  const boost::json::value* const value = entry.object("").if_contains(member);
  if (value == nullptr || value->is_null()) return;
  if (value->is_bool())
    entry.keep(column, value->get_bool() ? "true" : "false");
  else
    entry.odd_identity(fmt::format(".{}", member), "expected true or false");
}

}  // namespace anthropic_metrics::streams
