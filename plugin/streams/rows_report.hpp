// SPDX-License-Identifier: Apache-2.0
// The fetcher that sparse reports share: {"data": [entry, ...]} in order of time, in pages that are
// cut anywhere, without empty buckets. A stream file gives it the endpoint, the layout, and a
// reader that makes rows of an entry, one or several. Day reports, which are asked for one day a
// request, are the same with a window of one bucket.
//
// An entry is read alone, so that memory grows with none but the rows of a page and a bucket. One
// that is not as documented is set aside as the API wrote it and holds back no other. Rows of equal
// texts add up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/url.hpp"
#include "streams/fetcher.hpp"
#include "streams/list_entry.hpp"

namespace anthropic_metrics::streams {

/// Where the rows of an entry go.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// The row that was read from `entry`: into the sums, or aside if anything in it is odd. Its
  /// original is the whole entry.
  virtual void add(ListEntry& entry) = 0;
};

/// Reads an entry, and adds it or what is below it.
using RowsReader = std::function<void(ListEntry& entry, RowSink& rows)>;

struct RowsEndpoint {
  std::string path{};
  std::vector<net::Header> headers{};
  std::string bucket_width{};        ///< "1m", "1h" or "1d".
  std::int64_t most_buckets = 1;     ///< Of one window.
  std::int64_t most_entries = 1000;  ///< Of one page: the API's maximum of `limit`.
  std::string_view entries{};        ///< What they are, for messages: "rows of usage".
  std::string_view list = "data";    ///< Member of the answer that holds them; "data" is read too.
  /// Adds the parameters that ask for the window; `limit` and `page` follow.
  std::function<void(net::Query& query, const Window& window)> ask{};
  /// Entries say their bucket, starting_at and ending_at. Otherwise all are of the window's first.
  bool dated = false;
  /// Answers say data_refreshed_at, and nothing newer is emitted.
  bool watermark = false;
  bool keep_original = false;
  RowsReader reader{};
};

/// most_rows: of one page, after equal ones were added up.
inline constexpr std::size_t most_page_rows = 200'000;
std::unique_ptr<Fetcher> make_rows_fetcher(RowsEndpoint endpoint, Layout layout);

}  // namespace anthropic_metrics::streams
