// SPDX-License-Identifier: Apache-2.0
#include "streams/report.hpp"

#include <algorithm>
#include <utility>

#include "base/time_text.hpp"
#include "net/url.hpp"
#include "streams/report_decoder.hpp"

namespace anthropic_metrics::streams {
namespace {

class ReportFetcher final : public Fetcher {
 public:
  ReportFetcher(ReportEndpoint endpoint, Layout layout)
      : endpoint_(std::move(endpoint)),
        layout_(std::move(layout)),
        width_(width_of(endpoint_.bucket_width)) {}

  const Layout& layout() const override { return layout_; }
  std::chrono::seconds width() const override { return width_; }
  std::int64_t most_buckets() const override { return endpoint_.most_buckets; }

  net::Request request(const Window& window, std::string_view page,
                       std::int64_t limit) const override {
    const std::int64_t buckets = (window.end - window.start) / width_;
    net::Query query(endpoint_.path);
    query.add("starting_at", format_rfc3339(window.start))
        .add("ending_at", format_rfc3339(window.end))
        .add("bucket_width", endpoint_.bucket_width);
    for (const std::string& group : endpoint_.group_by) query.add("group_by[]", group);
    const std::int64_t most =
        limit > 0 ? std::min(limit, endpoint_.most_buckets) : endpoint_.most_buckets;
    query.add("limit", std::clamp<std::int64_t>(buckets, 1, most));
    if (!page.empty()) query.add("page", page);
    return {query.target(), endpoint_.headers};
  }

  std::unique_ptr<Decoder> decoder() const override {
    return make_report_decoder(layout_, endpoint_.keep_original);
  }

 private:
  ReportEndpoint endpoint_;
  Layout layout_;
  std::chrono::seconds width_;
};

}  // namespace

std::chrono::seconds width_of(std::string_view bucket_width) noexcept {
  if (bucket_width == "1m") return std::chrono::minutes(1);
  if (bucket_width == "1h") return std::chrono::hours(1);
  if (bucket_width == "1d") return std::chrono::days(1);
  return std::chrono::seconds(0);
}

std::unique_ptr<Fetcher> make_report_fetcher(ReportEndpoint endpoint, Layout layout) {
  return std::make_unique<ReportFetcher>(std::move(endpoint), std::move(layout));
}

}  // namespace anthropic_metrics::streams
