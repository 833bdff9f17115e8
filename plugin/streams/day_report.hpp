// SPDX-License-Identifier: Apache-2.0
// Reports that are asked for one UTC day a request.
#pragma once

#include <string>
#include <string_view>

#include "streams/rows_report.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::streams {

/// All but what is of one report: how its days are asked for, what its entries are, its reader.
RowsEndpoint day_report(std::string path, const StreamSettings& settings,
                        std::string_view api_version);

/// A layout for rows of a day, without its columns.
Layout day_layout(const StreamSettings& settings);

}  // namespace anthropic_metrics::streams
