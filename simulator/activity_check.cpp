// SPDX-License-Identifier: Apache-2.0
#include "activity_check.hpp"

#include "activity_data.hpp"
#include "compare.hpp"

namespace anthropic_metrics::simulator {
namespace {

using std::string;

/// Product and metric of a path: `office_metrics.excel.message_count` is of the product
/// `office_excel`; what Claude Code counts in its core is a metric like any other.
std::pair<string, string> product_and_metric(const string& path) {
  constexpr std::string_view end = "_metrics.", core = "core_metrics.";
  const auto at = path.find(end);
  string product = path.substr(0, at);
  string metric = path.substr(at + end.size());
  if (metric.starts_with(core)) metric.erase(0, core.size());
  if (product == "office") {
    product += "_" + metric.substr(0, metric.find('.'));
    metric.erase(0, metric.find('.') + 1);
  }
  return {product, metric};
}

}  // namespace

StreamCheck check_activity(const Options& options, Instant as_of,
                           const ActivityDocuments& documents) {
  StreamCheck result{"analytics_user", "1d by user, product, metric", documents.count, 0, 0, 0, {}};
  auto found = documents.sums;
  std::erase_if(found, [](const auto& entry) { return entry.second == 0; });
  decltype(found) expected;
  const Instant last = documents.sums.rbegin()->first.first;
  for (Instant day = documents.sums.begin()->first.first; day <= last;
       day += std::chrono::days{1}) {
    ++result.buckets;
    for (const ActivityRow& row : activity_day(options, day, as_of)) {
      const string user = row.user ? row.user->id : "";
      if (row.web_searches != 0)
        expected[{day, {user, "all", "web_search_count"}}] += row.web_searches;
      for (std::size_t i = 0; i < row.values.size(); ++i) {
        if (row.values[i] == 0) continue;
        auto [product, metric] = product_and_metric(activity_metrics()[i]);
        expected[{day, {user, product, metric}}] += row.values[i];
      }
    }
  }
  compare(result, found, expected, [](const auto& key, std::int64_t want, std::int64_t have) {
    return place_text(key.first, key.second) + ": the API reports " + std::to_string(want) +
           ", the documents sum to " + std::to_string(have);
  });
  return result;
}

StreamCheck check_summaries(const Options& options, Instant as_of,
                            const SummaryDocuments& documents) {
  StreamCheck result{"analytics_summary", "1d", documents.count, 0, 0, 0, {}};
  std::map<Instant, std::array<std::int64_t, 5>> found, expected;
  for (const auto& [day, latest] : documents.latest) {
    const ActivitySummary summary = summary_day(options, day, as_of);
    found[day] = latest.second;
    expected[day] = {summary.daily_users, summary.weekly_users, summary.monthly_users,
                     summary.seats, summary.pending_invites};
  }
  result.buckets = found.size();
  const auto text = [](const std::array<std::int64_t, 5>& counts) {
    string all;
    for (const std::int64_t count : counts) all += " " + std::to_string(count);
    return all;
  };
  compare(result, found, expected, [&](Instant day, const auto& want, const auto& have) {
    return format_rfc3339(day) + ": the API reports" + text(want) + ", the latest document" +
           text(have);
  });
  return result;
}

}  // namespace anthropic_metrics::simulator
