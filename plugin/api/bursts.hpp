// SPDX-License-Identifier: Apache-2.0
// Which reports may be asked for faster than one request a second, for a while. Pure.
#pragma once

#include <string_view>

namespace anthropic_metrics::api {

/// The documents of the reports of usage and cost take bursts for larger downloads and name no
/// limit. Others name one: 60 requests a minute of analytics and of spend limits.
inline bool takes_bursts(std::string_view target) noexcept {
  return target.starts_with("/v1/organizations/usage_report/") ||
         target.starts_with("/v1/organizations/cost_report");
}

}  // namespace anthropic_metrics::api
