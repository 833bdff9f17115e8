// SPDX-License-Identifier: Apache-2.0
#include "streams/day_report.hpp"

#include <utility>

namespace anthropic_metrics::streams {

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

}  // namespace anthropic_metrics::streams
