// SPDX-License-Identifier: Apache-2.0
// health: how the collecting itself goes, one document per collected stream when its state changes
// and every five minutes. No endpoint: rows are made from what the instance observed. Counters are
// of the time since the last one and add up; states are current.
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "base/time_text.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

enum TextPlace : std::size_t {
  stream,
  health,
  newest_final,
  next_due,
  credential,
  error_code,
  correction_amount
};

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "stream", .field = "stream"},
      {.name = "health", .field = "status", .identity = false},
      {.name = "newest_final", .field = "newest_bucket_end_time", .identity = false},
      {.name = "next_due", .field = "next_due_time", .identity = false},
      {.name = "credential", .field = "credential", .identity = false},
      {.name = "error_code", .field = "error_code", .identity = false},
      {.name = "correction_amount", .field = "correction_amount", .json = true, .identity = false},
  };
  for (const char* name :
       {"polls", "pages", "requests", "retries", "throttled_requests", "received_bytes",
        "documents", "corrections", "correction_tokens", "gaps", "outbox_documents", "outbox_bytes",
        "rows_set_aside", "error_http_status", "lag_seconds", "source_lag_seconds"})
    layout.counts.push_back({name, name, false});
  return layout;
}

const Layout& layout() {
  static const Layout layout = make_layout();
  return layout;
}

Bucket rows(const std::vector<Observation>& observations) {
  Bucket bucket;
  for (const Observation& seen : observations) {
    Row row;
    const auto text = [&](TextPlace place, std::string_view value) {
      if (!value.empty()) row.texts[place] = bucket.keep(value);
    };
    text(stream, seen.stream);
    text(health, seen.health);
    if (seen.newest_final) text(newest_final, format_rfc3339(*seen.newest_final));
    if (seen.next_due) text(next_due, format_rfc3339(*seen.next_due));
    text(credential, seen.credential);
    text(error_code, seen.error_code);
    text(correction_amount, seen.correction_amount);
    const std::int64_t counts[] = {seen.polls,
                                   seen.pages,
                                   seen.requests,
                                   seen.retries,
                                   seen.throttled,
                                   seen.bytes,
                                   seen.documents,
                                   seen.corrections,
                                   seen.correction_tokens,
                                   seen.gaps,
                                   seen.outbox_documents,
                                   seen.outbox_bytes,
                                   seen.rows_set_aside,
                                   seen.error_status.value_or(0),
                                   seen.lag_seconds.value_or(0),
                                   seen.source_lag_seconds.value_or(0)};
    std::copy(std::begin(counts), std::end(counts), row.counts.begin());
    constexpr std::size_t all = std::size(counts);  // The last three may be absent.
    row.counts_present = (1u << all) - 1;
    if (!seen.error_status) row.counts_present &= ~(1u << (all - 3));
    if (!seen.lag_seconds) row.counts_present &= ~(1u << (all - 2));
    if (!seen.source_lag_seconds) row.counts_present &= ~(1u << (all - 1));
    bucket.rows.push_back(row);
  }
  return bucket;
}

const Registration registration({
    .name = "health",
    .title = "Collector health",
    .description = "How collecting goes: one document per collected stream when its state changes, "
                   "and one each "
                   "interval.",
    .category = "process",
    .path = "",
    .interval = 5min,
    .shortest_interval = 1min,
    .observed_layout = layout,
    .observe = rows,
});

}  // namespace
}  // namespace anthropic_metrics::streams
