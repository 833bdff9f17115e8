// SPDX-License-Identifier: Apache-2.0
// The fetcher that bucketed reports share. A stream file gives it the endpoint and the layout.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "streams/fetcher.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::streams {

/// What a bucketed report needs to be asked.
struct ReportEndpoint {
  std::string path;
  std::vector<net::Header> headers;
  std::string bucket_width;           ///< "1m", "1h" or "1d".
  std::int64_t most_buckets = 0;      ///< The API's maximum of `limit` for that width.
  std::vector<std::string> group_by;  ///< Sent as group_by[], in this order.
  bool keep_original = false;
};

/// Seconds in "1m", "1h", "1d"; zero for any other text.
std::chrono::seconds width_of(std::string_view bucket_width) noexcept;

std::unique_ptr<Fetcher> make_report_fetcher(ReportEndpoint endpoint, Layout layout);

}  // namespace anthropic_metrics::streams
