// SPDX-License-Identifier: Apache-2.0
// What analytics_usage and analytics_cost share: the Usage and Cost Analytics API, whose entries
// are {starting_at, ending_at, group, usage or cost}, sparse and in order of time when asked for
// so. Buckets are emitted up to data_refreshed_at and change for up to 30 days.
//
// API: https://platform.claude.com/docs/en/api/admin/analytics
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "streams/rows_report.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::streams::analytics {

/// Every dimension that rows may be split by in both, and those that only this report has. Sorted.
std::vector<std::string_view> groupings(std::initializer_list<std::string_view> more = {});

/// Why these dimensions cannot be asked for together, or would break sums; empty: they can.
std::string refuse(const std::vector<std::string>& group_by);

/// The API has a year, and nothing before 2026. On a day's boundary, a day inside of it.
Instant earliest(Instant now);

/// The layout's dimensions, with what null means in them.
Layout dimensions(const StreamSettings& settings);
/// Reads them into the entry's row.
void read_dimensions(ListEntry& entry);
/// Path, header, question and paging; the reader is the stream's.
RowsEndpoint endpoint(std::string path, const StreamSettings& settings,
                      std::string_view api_version);

}  // namespace anthropic_metrics::streams::analytics
