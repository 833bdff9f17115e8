// SPDX-License-Identifier: Apache-2.0
// What analytics_usage and analytics_cost share: the Usage and Cost Analytics API, whose entries
// are {starting_at, ending_at, group, usage or cost}, sparse and in order of time when asked for
// so. Buckets are emitted up to data_refreshed_at and change for up to 30 days.
//
// API: https://platform.claude.com/docs/en/api/admin/analytics
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "streams/rows_report.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::streams::analytics {

bool grouped_by(const StreamSettings& settings, std::string_view dimension);

/// Why these dimensions cannot be asked for together, or would break sums; empty: they can.
std::string refuse(const std::vector<std::string>& group_by);

/// The API has a year, and nothing before 2026. On a day's boundary, a day inside of it.
Instant earliest(Instant now);

/// The layout's dimensions, with what null means in them.
Layout dimensions(const StreamSettings& settings);
/// Reads them into the entry's row.
void read_dimensions(ListEntry& entry);
/// Reads the layout's counts; one that is required and missing is odd.
void read_counts(ListEntry& entry);

/// Path, header, question and paging; the reader is the stream's.
RowsEndpoint endpoint(std::string path, const StreamSettings& settings,
                      std::string_view api_version);

}  // namespace anthropic_metrics::streams::analytics
