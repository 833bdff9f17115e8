// SPDX-License-Identifier: Apache-2.0
// How much a history is, as far as that can be said before it is read, and whether the output takes
// it. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log.hpp"

namespace anthropic_metrics::host {

// What the requests are about. At most: what the state has already is not asked for again.
struct HistorySize {
  std::string width;  // of a bucket: 1m, 1h, 1d
  std::uint64_t buckets = 0;
  std::uint64_t requests = 0;

  bool operator==(const HistorySize&) const = default;
};

// From the day that `from` begins with until now. Nothing if one of them is not understood.
std::optional<HistorySize> history_size(std::string_view from, std::string_view width,
                                        std::chrono::sys_seconds now);

// The width of a stream's buckets: what its settings say, else the schema's default, else a day.
std::string width_of(const boost::json::object& config, const boost::json::value& schema,
                     std::string_view stream);

// What documents of a stream are like.
struct DocumentSample {
  double per_bucket = 0;  // those of a bucket with the least and the most left out, on average
  double bytes = 0;
};

// From the end of a file of documents. Nothing if there are fewer than three buckets in it: the
// first and the last may be cut.
std::optional<DocumentSample> sample_of(std::string_view lines);

// Room in an output; nothing: without limit.
using Room = std::optional<std::uint64_t>;

// One sentence for the log; a warning if the history does not fit.
struct Forecast {
  LogLevel level = LogLevel::info;
  std::string text;
};

Forecast forecast(const std::string& stream, const std::string& from, const HistorySize& size,
                  const std::optional<DocumentSample>& sample, const std::string& output,
                  const Room& room);

// While it is read: documents and bytes of a share of it, and the share that is left.
struct HistoryRate {
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
  double share = 0;
  double left = 0;
};
Forecast forecast_of_rest(const std::string& stream, const HistoryRate& rate,
                          const std::string& output, const Room& room);

}  // namespace anthropic_metrics::host
